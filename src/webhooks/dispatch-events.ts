import type { Db } from '#db/client.ts';
import {
  findDispatchRange,
  type HeardEvent,
  type Hearer,
  listEventContents,
  listEventsAhead,
  listHearers,
  lockDispatch,
  saveDispatch,
} from '#db/queries/webhook-dispatch.ts';
import { type Deps, withTx } from '../context.ts';
import { newId } from '../lib/ids.ts';
import { planDeliveries, type Room } from './dispatch-rules.ts';
import { presentMessage } from './present-message.ts';
import { deliveryIdOf } from './rules.ts';
import type { Message, Run } from './send-delivery.ts';

type Input = Room & { limit: number; leaseUntil: (now: Date) => Date };
/** What events became: so many deliveries, of which `taken` are in the runs. */
export type Dispatching = { events: number; deliveries: number; taken: number; runs: Run[] };
const NOTHING: Dispatching = { events: 0, deliveries: 0, taken: 0, runs: [] };

/**
 * Makes deliveries of the events that are complete, in their order, one process at a time, and takes those that it has room
 * for: a batch for each endpoint, which becomes rows when it is sent, written once. The deliveries and the cursor are one
 * transaction: after a crash there are both or neither.
 */
export async function dispatchEvents(deps: Pick<Deps, 'db' | 'clock'>, input: Input): Promise<Dispatching> {
  const seen = await findDispatchRange(deps.db);
  if (seen.from >= seen.upTo) return NOTHING;
  return withTx(deps, async (tx) => {
    if (!(await lockDispatch(tx))) return NOTHING;
    return makeDeliveries(tx, { ...input, now: deps.clock.now() });
  });
}

/** What one round makes, in a transaction that holds the lock. */
export async function makeDeliveries(tx: Db, { now, ...input }: Input & { now: Date }): Promise<Dispatching> {
  const { from, upTo } = await findDispatchRange(tx);
  if (from >= upTo) return NOTHING;
  const events = await listEventsAhead(tx, { from, upTo, limit: input.limit });
  const tenantIds = [...new Set(events.map(({ tenantId }) => tenantId))];
  const hearers = tenantIds.length === 0 ? [] : await listHearers(tx, { tenantIds, now });
  const { taken, waiting } = planDeliveries(events, hearers, input);
  const [batches, until] = [batchesOf(taken), input.leaseUntil(now)];
  const position = events.length < input.limit ? upTo : (events.at(-1)?.position ?? upTo);
  await saveDispatch(tx, { batches: batches.map(rowOf), waiting: waiting.map(deliveryOf), position, now, until });
  const ids = [...new Set(batches.flatMap((batch) => batch.events.map(({ id }) => id)))];
  const contents = ids.length === 0 ? [] : await listEventContents(tx, { from, upTo: position, ids });
  // Of each event once, for all who are told of it.
  const bodies = new Map<string, Buffer>(
    contents.map(({ at, position: _, ...event }) => [event.id, presentMessage({ ...event, createdAt: new Date(at) })]),
  );
  const runs = batches.map((batch) => runOf(batch, { bodies, now, until }));
  const count = runs.reduce((sum, run) => sum + run.count, 0);
  return { events: events.length, deliveries: count + waiting.length, taken: count, runs };
}

type TakenBatch = { id: string; hearer: Hearer; events: HeardEvent[] };

function batchesOf(taken: Map<Hearer, HeardEvent[]>): TakenBatch[] {
  return [...taken].map(([hearer, events]) => ({ id: newId(), hearer, events }));
}

function rowOf({ id, hearer, events }: TakenBatch) {
  const { tenantId, endpointId } = hearer.target;
  return { tenantId, endpointId, id, eventIds: events.map((event) => event.id) };
}

function deliveryOf({ hearer, event }: { hearer: Hearer; event: HeardEvent }) {
  const { tenantId, endpointId } = hearer.target;
  return { tenantId, endpointId, id: newId(), eventId: event.id, eventType: event.type, position: event.position };
}

type Context = { bodies: Map<string, Buffer>; now: Date; until: Date };

/** What waits keeps its own bodies: one that is slow would keep those of all others. */
function runOf(batch: TakenBatch, { bodies, ...times }: Context): Run {
  const { hearer, events } = batch;
  const own = events.map(({ id }) => bodies.get(id) ?? null);
  return { target: hearer.target, count: events.length, messages: messagesOf(batch, { ...times, bodies: own }) };
}

function* messagesOf(
  { id, hearer, events }: TakenBatch,
  { bodies, now, until }: { bodies: (Buffer | null)[]; now: Date; until: Date },
): Generator<Message, undefined> {
  const { target } = hearer;
  const { tenantId, endpointId } = target;
  const batch = { tenantId, endpointId, id, left: events.length };
  const createdAt = now.toISOString();
  for (const [index, event] of events.entries()) {
    const of = { eventId: event.id, eventType: event.type, position: event.position };
    const delivery = { tenantId, endpointId, id: deliveryIdOf(id, index), ...of, redeliveryOf: null, createdAt };
    yield { target, delivery, attempts: 0, body: bodies[index] ?? null, until, batch };
  }
}
