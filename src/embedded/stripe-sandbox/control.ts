import { closeDispute, createDispute } from './disputes.ts';
import { invalid, missingParam } from './errors.ts';
import { type Delivery, queueDelivery } from './events.ts';
import { failRefund } from './refunds.ts';
import { all, load, openSession, type World } from './session.ts';
import { changeSettings, readSettings, type Settings } from './settings.ts';
import { runDueTasks, type TaskHandlers } from './tasks.ts';
import type { Decline } from './test-cards.ts';
import type { Dispute, Refund, StripeEvent } from './types.ts';

/** What developers and tests make happen; the endpoints under /_sandbox do the same. */
export type Control = ReturnType<typeof controlOf>;

const SHOWN = 200;

export function controlOf(world: World, { handlers }: { handlers: TaskHandlers }) {
  const { store, clock } = world;
  return {
    now: () => clock.now(),
    advance: (seconds: number) => {
      if (!Number.isSafeInteger(seconds) || seconds < 0)
        throw invalid('The clock goes forwards only, by whole seconds.');
      store.transact(() => clock.advance(seconds));
      runDueTasks(world, handlers);
      return clock.now();
    },
    ...switchesOf(world),
    deliveries: () => [...store.all('deliveries'), ...store.all('deliveries_done').slice(-SHOWN)] as Delivery[],
    replay: (event?: string) => store.transact(() => replay(world, event)),
    ...bankOf(world),
    reset: () => store.transact(() => reset(world)),
    flushed: () => store.flushed(),
  };
}

/** What banks do, and nobody can ask for in the API. */
function bankOf(world: World) {
  const { store } = world;
  const inAccount = (account = '') => openSession(world, { account });
  return {
    dispute: ({
      charge,
      reason = 'fraudulent',
      account,
    }: {
      charge: string;
      reason?: DisputeReason;
      account?: string;
    }): Dispute =>
      store.transact(() => {
        const session = inAccount(account);
        // An intent names the charge that paid it.
        const id = charge.startsWith('pi_') ? (load(session, 'payment_intents', charge).latest_charge ?? '') : charge;
        return createDispute(session, { charge: load(session, 'charges', id), reason });
      }),
    closeDispute: ({ id, isWon, account }: { id: string; isWon: boolean; account?: string }): Dispute =>
      store.transact(() => {
        const session = inAccount(account);
        return closeDispute(session, { dispute: load(session, 'disputes', id), isWon });
      }),
    failRefund: ({ id, account }: { id: string; account?: string }): Refund =>
      store.transact(() => failRefund(inAccount(account), load(inAccount(account), 'refunds', id))),
  };
}

/** What the next deliveries, charges and requests go through. */
function switchesOf(world: World) {
  const { store } = world;
  const set = (changes: Partial<Settings>) => store.transact(() => changeSettings(world, changes));
  return {
    settings: () => readSettings(world),
    pause: () => set({ isPaused: true }),
    resume: (order?: 'reverse') =>
      set({ isPaused: false, reverse: order === 'reverse' ? store.all('deliveries').length : 0 }),
    reverse: (count: number) => set({ reverse: count }),
    duplicate: (count: number) => set({ duplicate: count }),
    drop: (count: number) => set({ drop: count }),
    billing: (changes: Partial<Pick<Settings, 'retryDays' | 'afterRetries'>>) => set(changes),
    declineNext: (decline: Partial<Decline & { customer: string }> = {}, count = 1) => {
      const one: Decline & { customer?: string } = {
        code: 'card_declined',
        message: 'Your card was declined.',
        ...decline,
      };
      if (one.code === 'card_declined') one.decline_code ??= 'generic_decline';
      return set({ declines: [...readSettings(world).declines, ...Array.from({ length: count }, () => ({ ...one }))] });
    },
    failNext: (status: number | 'drop', count = 1) =>
      set({ faults: [...readSettings(world).faults, { status, count }] }),
  };
}

export type DisputeReason = 'fraudulent' | 'product_not_received' | 'inquiry';

function replay(world: World, event: string | undefined): Delivery[] {
  const accounts = world.store.collections().flatMap((name) => (name.endsWith('/events') ? [name.slice(0, -7)] : []));
  const found = accounts.flatMap((account) => {
    const session = openSession(world, { account });
    const wanted = all(session, 'events').filter(({ id }) => event === undefined || id === event);
    return wanted.map((one: StripeEvent) => queueDelivery(session, one));
  });
  if (found.length === 0 && event !== undefined) throw missingParam(`event (there is no ${event})`);
  return found;
}

function reset(world: World): void {
  for (const name of world.store.collections()) {
    for (const id of world.store.ids(name)) world.store.remove(name, id);
  }
}
