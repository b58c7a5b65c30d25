import { type BusyEndpoint, type TakenDelivery, takeDueDeliveries } from '#db/queries/webhook-queue.ts';
import type { Deps } from '../context.ts';
import { sealOpener } from '../lib/sealed-text.ts';
import { addSeconds } from '../lib/time.ts';
import { dispatchEvents } from './dispatch-events.ts';
import { saveSent } from './save-sent.ts';
import { type Sent, sendDelivery } from './send-delivery.ts';

/** More than an attempt may take: what a process that died had taken is due again after it. */
const LEASE_SECONDS = 30;
const MOST = 800;
const PER_ENDPOINT = 64;
/** One that fails is tried, but waits in no more than a few places. */
const PER_FAILING = 4;
/** All that fail together leave the other places to those that work. */
const MOST_FAILING = 400;
const IDLE_MS = 500;
/** What comes back within it is noted, and replaced, by one statement. */
const GATHER_MS = 30;
const AFTER_ERROR_MS = 1_000;

export type RunningWebhooks = { stop: (withinMs: number) => Promise<void> };

type State = {
  deps: Deps;
  isOn: boolean;
  /** How many have come back. */
  back: number;
  openSealed: ReturnType<typeof sealOpener>;
  running: Map<string, TakenDelivery>;
  sent: Sent[];
  /** Who waits for something to come back. */
  wakers: Set<() => void>;
  stopping: AbortController;
};

/** Makes events into deliveries and sends what is due, until it is stopped. Any number of processes may. */
export function runWebhooks(deps: Deps): RunningWebhooks {
  const state: State = {
    deps,
    isOn: true,
    back: 0,
    openSealed: sealOpener(deps.webhookKey),
    running: new Map(),
    sent: [],
    wakers: new Set(),
    stopping: new AbortController(),
  };
  // Side by side: none of them waits for the statements of another.
  const loops = [
    repeat(state, () => dispatchEvents(deps)),
    repeat(state, () => sendDue(state)),
    repeat(state, () => flush(state)),
  ];
  return {
    stop: async (withinMs) => {
      state.isOn = false;
      wake(state);
      await Promise.all(loops);
      // What is on its way has time to come back; what does not is sent again by others, with the same id.
      const deadline = setTimeout(() => state.stopping.abort(), withinMs);
      while (state.running.size > 0 && !state.stopping.signal.aborted) await pause(state, IDLE_MS);
      clearTimeout(deadline);
      await flush(state).catch((err) => deps.log.warn({ err }, 'webhooks: what was sent is not noted'));
      await deps.webhooks.close();
    },
  };
}

/** Does the work again and again: soon when there was any, else after a while or when something comes back. */
async function repeat(state: State, work: () => Promise<number>): Promise<void> {
  while (state.isOn) {
    try {
      const done = await work();
      if (state.isOn) await pause(state, done > 0 ? GATHER_MS : IDLE_MS);
    } catch (err) {
      state.deps.log.warn({ err }, 'webhooks: a round failed');
      if (state.isOn) await pause(state, AFTER_ERROR_MS);
    }
  }
}

/** Takes what is due and begins to send it. */
async function sendDue(state: State): Promise<number> {
  const before = state.back;
  const taken = await take(state);
  for (const one of taken) void send(state, one);
  // What came back meanwhile woke nobody, and has made room.
  return taken.length + state.back - before;
}

async function take({ deps, running }: State): Promise<TakenDelivery[]> {
  const most = MOST - running.size;
  if (most <= 0) return [];
  const now = deps.clock.now();
  const counts = Map.groupBy(running.values(), ({ endpointId }) => endpointId);
  const busy: BusyEndpoint[] = [...counts].map(([endpointId, own]) => ({ endpointId, running: own.length }));
  const failing = [...running.values()].filter(({ failingSince }) => failingSince !== null).length;
  const failingTurns = Math.max(0, Math.floor((MOST_FAILING - failing) / PER_FAILING));
  const limits = { most, perEndpoint: PER_ENDPOINT, perFailing: PER_FAILING, failingTurns, busy };
  return takeDueDeliveries(deps.db, { now, until: addSeconds(now, LEASE_SECONDS), ...limits });
}

async function send(state: State, taken: TakenDelivery): Promise<void> {
  const { deps, openSealed, running, sent, stopping } = state;
  running.set(taken.id, taken);
  try {
    sent.push(await sendDelivery({ deps, openSealed, signal: stopping.signal }, taken));
  } catch (err) {
    // Stopped, or its secret cannot be opened: it stays taken, and is due again when that ends.
    if (!stopping.signal.aborted) deps.log.error({ err, deliveryId: taken.id }, 'webhooks: a delivery failed');
  } finally {
    running.delete(taken.id);
    state.back += 1;
    wake(state);
  }
}

async function flush({ deps, sent }: State): Promise<number> {
  const done = sent.splice(0);
  if (done.length === 0) return 0;
  try {
    await saveSent(deps, done);
  } catch (error) {
    sent.unshift(...done);
    throw error;
  }
  return done.length;
}

/** Until the time is over, or something came back and others had a moment to come with it. */
function pause(state: State, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      state.wakers.delete(waker);
      resolve();
    };
    const waker = () => {
      state.wakers.delete(waker);
      clearTimeout(timer);
      setTimeout(end, Math.min(ms, GATHER_MS));
    };
    const timer = setTimeout(end, ms);
    state.wakers.add(waker);
  });
}

function wake({ wakers }: State): void {
  for (const waker of wakers) waker();
}
