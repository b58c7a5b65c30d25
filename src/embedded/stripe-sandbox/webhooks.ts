import { createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Attempt, type Delivery, queueDelivery } from './events.ts';
import { find, openSession, type World } from './session.ts';
import { changeSettings, readSettings } from './settings.ts';

/** Seconds until the next attempt; the last one repeats. */
const DELAYS = [0.2, 0.5, 1, 2, 4, 8, 15, 30, 60];
/** So long the events after it wait, to come in order; then it is retried beside them. */
const PATIENT_ATTEMPTS = 6;
const UNREACHABLE_SECONDS = 2;
const GIVE_UP_MS = 3 * 86_400_000;
const TIMEOUT_MS = 10_000;
const KEPT_ATTEMPTS = 20;

export type Webhooks = { setUrl: (url: string) => void; stop: () => Promise<void>; idle: () => boolean };
type Options = { world: World; secret: string; url?: string; log: (line: string) => void };

/** Sends the events to the one configured address, one after the other, until each is answered with 2xx. */
export function startWebhooks({ world, secret, url, log }: Options): Webhooks {
  let target = url;
  let isSending = false;
  const stopped = new AbortController();
  const deliver = async (delivery: Delivery, address: string) => {
    const attempt = await post(world, { delivery, address, secret, signal: stopped.signal });
    if (stopped.signal.aborted) return;
    world.store.transact(() => record(world, { delivery, attempt }));
    await world.store.flushed();
    if (attempt.error || (attempt.status ?? 0) >= 300)
      log(`Stripe sandbox: ${delivery.type} → ${attempt.error ?? attempt.status}`);
  };
  const run = async () => {
    while (!stopped.signal.aborted) {
      const delivery = target ? world.store.transact(() => nextDelivery(world)) : undefined;
      if (!delivery || !target) {
        await sleep(25, undefined, { signal: stopped.signal, ref: false }).catch(() => {});
        continue;
      }
      isSending = true;
      await deliver(delivery, target).finally(() => {
        isSending = false;
      });
    }
  };
  const running = run().catch((error) => log(`Stripe sandbox: webhooks stopped: ${error}`));
  return {
    setUrl: (next) => {
      target = next;
    },
    stop: async () => {
      stopped.abort();
      await running;
    },
    idle: () => !isSending && world.store.all('deliveries').length === 0,
  };
}

/** The next one to send: in order, but for those that have failed for long. */
function nextDelivery(world: World): Delivery | undefined {
  const { isPaused, reverse, drop } = readSettings(world);
  const waiting = world.store.all('deliveries') as Delivery[];
  if (isPaused || waiting.length === 0 || waiting.length < reverse) return undefined;
  if (reverse > 0) return reverseFirst(world, { waiting, count: reverse });
  const now = Date.now();
  const blocking = waiting.findIndex(
    ({ next, attempts }) => next > now && (attempts.length < PATIENT_ATTEMPTS || attempts.at(-1)?.status === null),
  );
  const allowed = blocking < 0 ? waiting : waiting.slice(0, blocking);
  const found = allowed.find(({ next }) => next <= now);
  if (!found || drop === 0 || found.attempts.length > 0) return found;
  changeSettings(world, { drop: drop - 1 });
  finish(world, { ...found, status: 'dropped' });
  return undefined;
}

// The places in the queue stay; what is in them changes.
function reverseFirst(world: World, { waiting, count }: { waiting: Delivery[]; count: number }): undefined {
  const places = waiting.slice(0, count);
  for (const [index, place] of places.entries()) {
    const { event, type, account } = places[count - 1 - index] ?? place;
    world.store.put('deliveries', { id: place.id, value: { ...place, event, type, account } });
  }
  changeSettings(world, { reverse: 0 });
}

function finish(world: World, delivery: Delivery): void {
  world.store.remove('deliveries', delivery.id);
  world.store.put('deliveries_done', { id: delivery.id, value: delivery });
}

function record(world: World, { delivery, attempt }: { delivery: Delivery; attempt: Attempt }): void {
  const [earliest, ...later] = [...delivery.attempts, attempt];
  const attempts = [...(earliest ? [earliest] : []), ...later.slice(-KEPT_ATTEMPTS)];
  const isDone = attempt.status !== null && attempt.status >= 200 && attempt.status < 300;
  if (isDone) {
    finish(world, { ...delivery, attempts, status: 'delivered' });
    const { duplicate } = readSettings(world);
    if (duplicate === 0) return;
    changeSettings(world, { duplicate: duplicate - 1 });
    queueDelivery(openSession(world, { account: delivery.account }), { id: delivery.event, type: delivery.type });
    return;
  }
  const first = attempts[0]?.at ?? attempt.at;
  if (attempt.at - first > GIVE_UP_MS) {
    finish(world, { ...delivery, attempts, status: 'failed' });
    return;
  }
  const delay = Math.min(
    DELAYS[attempts.length - 1] ?? DELAYS.at(-1) ?? 60,
    // Nobody is there: a server that restarts, which wants what it missed in order and soon.
    attempt.status === null ? UNREACHABLE_SECONDS : Number.POSITIVE_INFINITY,
  );
  const value: Delivery = { ...delivery, attempts, next: Date.now() + delay * 1000 };
  if (world.store.get('deliveries', delivery.id)) world.store.put('deliveries', { id: delivery.id, value });
}

type Posting = { delivery: Delivery; address: string; secret: string; signal: AbortSignal };

async function post(world: World, { delivery, address, secret, signal }: Posting): Promise<Attempt> {
  await world.store.flushed();
  const event = find(openSession(world, { account: delivery.account }), { in: 'events', id: delivery.event });
  const body = JSON.stringify(event, null, 2);
  // Real time, not the sandbox's: receivers compare it with their own.
  const at = Date.now();
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    'stripe-signature': signature(body, { secret, at }),
  };
  try {
    const answer = await fetch(address, {
      method: 'POST',
      headers: { ...headers, 'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks) sandbox' },
      body,
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    await answer.body?.cancel();
    return { at, status: answer.status };
  } catch (error) {
    const { message, cause } = error as Error;
    return { at, status: null, error: cause instanceof Error ? `${message}: ${cause.message}` : message };
  }
}

export function signature(body: string, { secret, at }: { secret: string; at: number }): string {
  const stamp = Math.floor(at / 1000);
  return `t=${stamp},v1=${createHmac('sha256', secret).update(`${stamp}.${body}`).digest('hex')}`;
}
