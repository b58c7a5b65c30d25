import { type BusyEndpoint, type TakenDelivery, takeDueDeliveries } from '#db/queries/webhook-queue.ts';
import type { Deps } from '../context.ts';
import { addSeconds } from '../lib/time.ts';
import { dispatchEvents } from './dispatch-events.ts';
import { saveSent } from './save-sent.ts';
import { type Sent, sendDelivery } from './send-delivery.ts';

/** More than an attempt may take: what a process that died had taken is due again after it. */
const LEASE_SECONDS = 30;
const MOST = 400;
const PER_ENDPOINT = 40;
/** One that fails is tried, but waits in no more than a few places. */
const PER_FAILING = 4;
const IDLE_MS = 500;
const GATHER_MS = 10;
const AFTER_ERROR_MS = 1_000;

export type RunningWebhooks = { stop: (withinMs: number) => Promise<void> };

type State = {
  deps: Deps;
  running: Map<string, TakenDelivery>;
  sent: Sent[];
  wake: () => void;
  stopping: AbortController;
};

/** Makes events into deliveries and sends what is due, until it is stopped. Any number of processes may. */
export function runWebhooks(deps: Deps): RunningWebhooks {
  const state: State = { deps, running: new Map(), sent: [], wake: () => {}, stopping: new AbortController() };
  const loop = { isOn: true };
  const ended = work(state, loop);
  return {
    stop: async (withinMs) => {
      loop.isOn = false;
      state.wake();
      await ended;
      // What is on its way has time to come back; what does not is sent again by others, with the same id.
      const deadline = setTimeout(() => state.stopping.abort(), withinMs);
      while (state.running.size > 0 && !state.stopping.signal.aborted) await pause(state, IDLE_MS);
      clearTimeout(deadline);
      await flush(state).catch((err) => deps.log.warn({ err }, 'webhooks: what was sent is not noted'));
      await deps.webhooks.close();
    },
  };
}

async function work(state: State, loop: { isOn: boolean }): Promise<void> {
  while (loop.isOn) {
    try {
      const isBusy = await round(state);
      if (loop.isOn) await pause(state, isBusy ? GATHER_MS : IDLE_MS);
    } catch (err) {
      state.deps.log.warn({ err }, 'webhooks: a round failed');
      if (loop.isOn) await pause(state, AFTER_ERROR_MS);
    }
  }
}

/** Notes what came back, makes new deliveries, sends what is due. Whether there was anything to do. */
async function round(state: State): Promise<boolean> {
  const noted = await flush(state);
  const events = await dispatchEvents(state.deps);
  const taken = await take(state);
  for (const one of taken) void send(state, one);
  return noted + events + taken.length > 0;
}

async function take({ deps, running }: State): Promise<TakenDelivery[]> {
  const most = MOST - running.size;
  if (most <= 0) return [];
  const now = deps.clock.now();
  const counts = Map.groupBy(running.values(), ({ endpointId }) => endpointId);
  const busy: BusyEndpoint[] = [...counts].map(([endpointId, own]) => ({ endpointId, running: own.length }));
  const limits = { most, perEndpoint: PER_ENDPOINT, perFailing: PER_FAILING, busy };
  return takeDueDeliveries(deps.db, { now, until: addSeconds(now, LEASE_SECONDS), ...limits });
}

async function send(state: State, taken: TakenDelivery): Promise<void> {
  const { deps, running, sent, stopping } = state;
  running.set(taken.id, taken);
  try {
    sent.push(await sendDelivery(deps, taken, stopping.signal));
  } catch (err) {
    // Stopped, or its secret cannot be opened: it stays taken, and is due again when that ends.
    if (!stopping.signal.aborted) deps.log.error({ err, deliveryId: taken.id }, 'webhooks: a delivery failed');
  } finally {
    running.delete(taken.id);
    state.wake();
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

/** Until something came back, a little later so that more may come with it, or the time is over. */
function pause(state: State, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      state.wake = () => {};
      resolve();
    };
    const timer = setTimeout(end, ms);
    state.wake = () => {
      state.wake = () => {};
      clearTimeout(timer);
      setTimeout(end, Math.min(ms, GATHER_MS));
    };
  });
}
