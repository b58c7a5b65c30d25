import { listEndedEndpoints } from '#db/queries/webhook-queue.ts';
import type { Deps } from '../context.ts';
import { addSeconds } from '../lib/time.ts';
import { dispatchEvents } from './dispatch-events.ts';
import { MAX_ENDPOINTS } from './rules.ts';
import { saveSent } from './save-sent.ts';
import type { Sent } from './send-delivery.ts';
import { createLanes, FIRST_ROOM, type Lanes } from './send-lanes.ts';
import { takeDeliveries } from './take-deliveries.ts';

/** What a process that died had taken is due again after it. */
const LEASE_SECONDS = 30;
const leaseUntil = (now: Date) => addSeconds(now, LEASE_SECONDS);
/** Messages that one process holds, for all endpoints, and for one that fails. */
const MOST = 12_000;
const PER_FAILING = 4;
/** All that fail together leave the other places to those that work. */
const MOST_FAILING = 1_000;
/** Deliveries made by one statement, about, and events. */
const DELIVERIES_AT_ONCE = 4_000;
const MOST_EVENTS = 1_000;
/** Even when somebody has no room for so many: others do not wait for that. */
const FEWEST_EVENTS = 50;
/** So many left, and more are made. */
const FEW = 4_000;
const NOTED_AT_ONCE = 4_000;
const IDLE_MS = 500;
/** Events are looked for more often: a brand hears of what happens within that. */
const LOOK_MS = 100;
const SOON_MS = 3;
/** What comes back within it is noted by one statement. */
const GATHER_MS = 60;
/** Time that messages have to leave before more are made. */
const DRAIN_MS = 200;
const AFTER_ERROR_MS = 1_000;

export type RunningWebhooks = { stop: (withinMs: number) => Promise<void> };

type State = {
  deps: Deps;
  isOn: boolean;
  lanes: Lanes;
  sent: Sent[];
  /** Deliveries an event makes, by the last ones; at first as many as it may. */
  fanOut: number;
  /** Whether something that is due may wait for room. */
  isBehind: boolean;
  /** Who waits for something to come back. */
  wakers: Set<() => void>;
  stopping: AbortController;
};

/** Makes events into deliveries and sends what is due, until it is stopped. Any number of processes may. */
export function runWebhooks(deps: Deps): RunningWebhooks {
  const stopping = new AbortController();
  const [sent, wakers]: [Sent[], State['wakers']] = [[], new Set()];
  const onBack = (one: Sent | null) => {
    if (one) sent.push(one);
    for (const wake of wakers) wake();
  };
  const lanes = createLanes({ deps, signal: stopping.signal, onBack });
  const state: State = { deps, isOn: true, lanes, sent, fanOut: MAX_ENDPOINTS, isBehind: true, wakers, stopping };
  // Side by side: none of them waits for the statements of another.
  const loops = [
    repeat(state, { work: dispatch, everyMs: SOON_MS, idleMs: LOOK_MS }),
    // What comes back makes room, which is of use only when something waits for it.
    repeat(state, { work: takeDue, everyMs: GATHER_MS, isWoken: () => state.isBehind }),
    repeat(state, { work: note, everyMs: GATHER_MS }),
    repeat(state, { work: dropEnded, everyMs: IDLE_MS, isWoken: () => false }),
  ];
  return { stop: (withinMs) => stop(state, { loops, withinMs }) };
}

async function stop(state: State, { loops, withinMs }: { loops: Promise<void>[]; withinMs: number }): Promise<void> {
  const { deps, lanes, stopping, wakers } = state;
  state.isOn = false;
  for (const wake of wakers) wake();
  await Promise.all(loops);
  lanes.drop();
  // What is on its way has time to come back; what does not is sent again by others, with the same id.
  const deadline = setTimeout(() => stopping.abort(), withinMs);
  while (lanes.size() > 0 && !stopping.signal.aborted) await pause(state, IDLE_MS);
  clearTimeout(deadline);
  stopping.abort();
  while (state.sent.length > 0) {
    const noted = await note(state).catch((err) => deps.log.warn({ err }, 'webhooks: what was sent is not noted'));
    if (noted === undefined) break;
  }
  await deps.webhooks.close();
}

type Loop = {
  work: (state: State) => Promise<number>;
  everyMs: number;
  idleMs?: number;
  isWoken?: () => boolean;
};

/** Does the work again and again: soon when there was any, else after a while or when something comes back. */
async function repeat(state: State, { work, everyMs, idleMs = IDLE_MS, isWoken }: Loop): Promise<void> {
  while (state.isOn) {
    try {
      const done = await work(state);
      if (state.isOn) await pause(state, done > 0 ? everyMs : idleMs, isWoken);
    } catch (err) {
      state.deps.log.warn({ err }, 'webhooks: a round failed');
      if (state.isOn) await pause(state, AFTER_ERROR_MS);
    }
  }
}

async function dispatch(state: State): Promise<number> {
  const { deps, lanes } = state;
  const most = Math.min(MOST_EVENTS, Math.floor(DELIVERIES_AT_ONCE / state.fanOut));
  const limit = Math.max(FEWEST_EVENTS, Math.min(most, lanes.leastRoom()));
  const room = { room: FIRST_ROOM, most: Math.max(0, MOST - lanes.size()), held: lanes.held() };
  const { events, deliveries, taken, runs } = await dispatchEvents(deps, { limit, ...room, leaseUntil });
  if (events > 0) state.fanOut = Math.max(1, deliveries / events);
  lanes.accept(runs);
  // What had to wait goes first: the next events can be taken at once when nothing waits before them.
  if (taken < deliveries) await takeDue(state);
  // Few enough left, the next are made while those leave. What is slow delays the others no longer than this.
  const deadline = performance.now() + DRAIN_MS;
  while (state.isOn && lanes.size() > FEW && performance.now() < deadline) await pause(state, SOON_MS);
  return events;
}

/** Takes what is due and begins to send it. */
async function takeDue(state: State): Promise<number> {
  const { deps, lanes } = state;
  const most = MOST - lanes.size();
  state.isBehind ||= most <= 0;
  if (most <= 0) return 0;
  const failingTurns = Math.max(0, Math.floor((MOST_FAILING - lanes.failing()) / PER_FAILING));
  const limits = { most, room: FIRST_ROOM, perFailing: PER_FAILING, failingTurns, held: lanes.held() };
  const runs = await takeDeliveries(deps, { ...limits, leaseUntil });
  lanes.accept(runs);
  state.isBehind = runs.length > 0 || lanes.failing() > 0 || lanes.held().some(({ room }) => room === 0);
  return runs.length;
}

/** What waits for an endpoint that was switched off or deleted meanwhile is canceled, and not sent. */
async function dropEnded({ deps, lanes }: State): Promise<number> {
  const waiting = lanes.waiting();
  if (waiting.length > 0) lanes.drop(await listEndedEndpoints(deps.db, waiting));
  return 0;
}

async function note({ deps, sent }: State): Promise<number> {
  const done = sent.splice(0, distinct(sent));
  if (done.length === 0) return 0;
  try {
    await saveSent(deps, done);
  } catch (error) {
    sent.unshift(...done);
    throw error;
  }
  return done.length;
}

/** How many of the first can be noted together: of those that are rows, one that was sent again meanwhile has to wait. */
function distinct(sent: readonly Sent[]): number {
  const seen = new Set<string>();
  const count = sent.findIndex(({ message: { batch, delivery } }, index) => {
    if (index === NOTED_AT_ONCE) return true;
    if (batch !== null) return false;
    const isAgain = seen.has(delivery.id);
    seen.add(delivery.id);
    return isAgain;
  });
  return count === -1 ? sent.length : count;
}

/** Until the time is over, or something came back and others had a moment to come with it, or it is all to stop. */
function pause(state: State, ms: number, isWoken = () => true): Promise<void> {
  const { wakers } = state;
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      wakers.delete(waker);
      resolve();
    };
    const waker = () => {
      if (state.isOn && !isWoken()) return;
      wakers.delete(waker);
      clearTimeout(timer);
      setTimeout(end, Math.min(ms, GATHER_MS));
    };
    const timer = setTimeout(end, ms);
    wakers.add(waker);
  });
}
