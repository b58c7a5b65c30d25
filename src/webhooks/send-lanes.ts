import type { HeldOfEndpoint } from '#db/queries/webhook-dispatch.ts';
import type { EndpointKey } from '#db/queries/webhook-queue.ts';
import type { Deps } from '../context.ts';
import { sealOpener } from '../lib/sealed-text.ts';
import { type Message, type Run, type Sending, type Sent, sendDelivery } from './send-delivery.ts';

/** To one endpoint at the same time, and to one that answers at once: more would gain nothing there. */
const AT_ONCE = 64;
const FEW_AT_ONCE = 4;
/** When nothing came back for so long, others need not wait for it. */
const SILENT_MS = 100;
/**
 * What may wait beside, for one that has answered well in the last minute, and at once: it leaves within seconds. Of others
 * nobody knows how long they take.
 */
const WAITING = 250;
const WAITING_AT_ONCE = 1_000;
const KNOWN_MS = 60_000;
/** Messages held for an endpoint that is not known. */
export const FIRST_ROOM = AT_ONCE;
/** Longer than an attempt may take: one that begins this long before its lease ends is noted in time. */
const ATTEMPT_MS = 16_000;

/** `waits`: messages of the runs that wait; `width`: how many may run; `backAt`: when it last had news of one. */
type Lane = {
  endpointId: string;
  running: number;
  runs: Run[];
  waits: number;
  fails: boolean;
  width: number;
  backAt: number;
};
type Working = Pick<Lane, 'width' | 'backAt'>;
export type Lanes = {
  /** Messages that wait for their turn or for an answer. */
  size: () => number;
  failing: () => number;
  held: () => HeldOfEndpoint[];
  /** Of the endpoints that answer at once: so many events find room with all of them. */
  leastRoom: () => number;
  accept: (runs: readonly Run[]) => void;
  /** The endpoints that messages wait for. */
  waiting: () => EndpointKey[];
  /** No more turns, for these or for all: what waits is left to others, who take it when its lease ends. */
  drop: (endpointIds?: Iterable<string>) => void;
};
type Options = { deps: Deps; signal: AbortSignal; onBack: (sent: Sent | null) => void };

/** A lane for each endpoint: in order, and none waits for another. */
export function createLanes({ deps, signal, onBack }: Options): Lanes {
  const lanes = new Map<string, Lane>();
  const working = new Map<string, Working>();
  const sending: Sending = { deps, signal, openSealed: sealOpener(deps.webhookKey) };
  const sum = (of: (lane: Lane) => number) => [...lanes.values()].reduce((all, lane) => all + of(lane), 0);
  let size = 0;
  const proceed = (lane: Lane) => {
    while (lane.running < lane.width) {
      const message = nextOf(lane);
      if (!message) break;
      lane.running += 1;
      const back = (sent: Sent | null) => {
        size -= takeBack(lane, { sent, working });
        proceed(lane);
        onBack(sent);
      };
      void send(sending, message).then(back, (err) => {
        // Stopped, or its secret cannot be opened.
        if (!signal.aborted) deps.log.error({ err, deliveryId: message.delivery.id }, 'webhooks: a delivery failed');
        back(null);
      });
    }
    if (lane.running === 0) lanes.delete(lane.endpointId);
  };
  return {
    size: () => size,
    failing: () => sum((lane) => (lane.fails ? heldBy(lane) : 0)),
    held: () => roomsOf(lanes, working),
    leastRoom: () => leastRoomOf(lanes, working),
    accept: (runs) => {
      for (const run of runs) size += join(laneOf(lanes, run), run);
      widenSilent(lanes);
      for (const lane of lanes.values()) proceed(lane);
    },
    waiting: () => waitingOf(lanes),
    drop: (endpointIds = lanes.keys()) => {
      for (const endpointId of endpointIds) size -= dropWaiting(lanes.get(endpointId));
    },
  };
}

function laneOf(lanes: Map<string, Lane>, { target }: Run): Lane {
  const lane = lanes.get(target.endpointId) ?? newLane(target.endpointId);
  lanes.set(target.endpointId, lane);
  lane.fails = target.failingSince !== null;
  return lane;
}

function newLane(endpointId: string): Lane {
  const known = { fails: false, width: FEW_AT_ONCE, backAt: performance.now() };
  return { endpointId, running: 0, runs: [], waits: 0, ...known };
}

/** Says how many messages it brings. */
function join(lane: Lane, run: Run): number {
  lane.runs.push(run);
  lane.waits += run.count;
  return run.count;
}

/** What an answer, or none, means for what comes next; says how many messages it holds no more. */
function takeBack(lane: Lane, { sent, working }: { sent: Sent | null; working: Map<string, Working> }): number {
  lane.running -= 1;
  lane.backAt = performance.now();
  lane.width = widthAfter(lane, sent?.outcome.attempt?.durationMs ?? 0);
  if (sent?.outcome.status === 'succeeded') working.set(lane.endpointId, lane);
  else working.delete(lane.endpointId);
  // It is gone, and wants no more of it: what waits is canceled as it is given up.
  return 1 + (sent?.answer?.statusCode === 410 ? dropWaiting(lane) : 0);
}

/** Left to others, who take it when its lease ends; says how many. */
function dropWaiting(lane: Lane | undefined): number {
  if (!lane) return 0;
  const { waits } = lane;
  Object.assign(lane, { runs: [], waits: 0 });
  return waits;
}

function nextOf(lane: Lane): Message | undefined {
  for (let run = lane.runs[0]; run; run = lane.runs[0]) {
    const message = run.messages.next().value;
    if (message) {
      lane.waits -= 1;
      return message;
    }
    lane.runs.shift();
  }
  return undefined;
}

function waitingOf(lanes: Map<string, Lane>): EndpointKey[] {
  return [...lanes.values()].flatMap(({ runs: [run], waits }) => (run && waits > 0 ? [run.target] : []));
}

/** So many that an endpoint can be told 250 a second, as long as its answers take; fewer again little by little. */
function widthAfter({ width }: Lane, durationMs: number): number {
  return Math.min(AT_ONCE, Math.max(FEW_AT_ONCE, durationMs / 4, width - 1));
}

function widenSilent(lanes: Map<string, Lane>): void {
  const since = performance.now() - SILENT_MS;
  for (const lane of lanes.values()) if (lane.backAt < since) lane.width = AT_ONCE;
}

function roomsOf(lanes: Map<string, Lane>, working: Map<string, Working>): HeldOfEndpoint[] {
  const since = performance.now() - KNOWN_MS;
  for (const [endpointId, { backAt }] of working) if (backAt < since) working.delete(endpointId);
  return [...new Set([...lanes.keys(), ...working.keys()])].map((endpointId) => {
    const held = heldBy(lanes.get(endpointId));
    return { endpointId, held, room: Math.max(0, mostFor(working.get(endpointId)) - held) };
  });
}

function leastRoomOf(lanes: Map<string, Lane>, working: Map<string, Working>): number {
  const quick = [...working].filter(([, { width }]) => width < AT_ONCE);
  return Math.min(...quick.map(([endpointId, endpoint]) => mostFor(endpoint) - heldBy(lanes.get(endpointId))));
}

function heldBy(lane: Lane | undefined): number {
  return lane === undefined ? 0 : lane.running + lane.waits;
}

function mostFor(endpoint: Working | undefined): number {
  if (endpoint === undefined) return FIRST_ROOM;
  return AT_ONCE + (endpoint.width < AT_ONCE ? WAITING_AT_ONCE : WAITING);
}

/** null: it stays taken, and is due again when that ends. */
function send(sending: Sending, message: Message): Promise<Sent | null> {
  const at = sending.deps.clock.now();
  if (message.until.getTime() - at.getTime() < ATTEMPT_MS) return Promise.resolve(null);
  return sendDelivery(sending, message, at);
}
