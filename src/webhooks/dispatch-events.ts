import {
  findDispatchRange,
  type HeldOfEndpoint,
  insertDeliveries,
  listEventContents,
  lockDispatch,
  type TakenBatch,
} from '#db/queries/webhook-dispatch.ts';
import { type Deps, withTx } from '../context.ts';
import type { TextBody } from '../lib/text-body.ts';
import { presentMessage } from './present-message.ts';
import type { Message } from './send-delivery.ts';

type Input = {
  limit: number;
  room: number;
  most: number;
  held: HeldOfEndpoint[];
  leaseUntil: (now: Date) => Date;
};
export type Dispatching = { events: number; deliveries: number; messages: Message[] };
const NOTHING: Dispatching = { events: 0, deliveries: 0, messages: [] };

/**
 * Makes deliveries of the events that are complete, in their order, one process at a time, and takes those that it has room
 * for. The deliveries and the cursor are one transaction: after a crash there are both or neither.
 */
export async function dispatchEvents(deps: Pick<Deps, 'db' | 'clock'>, input: Input): Promise<Dispatching> {
  const seen = await findDispatchRange(deps.db);
  if (seen.from >= seen.upTo) return NOTHING;
  return withTx(deps, async (tx) => {
    if (!(await lockDispatch(tx))) return NOTHING;
    const { from, upTo } = await findDispatchRange(tx);
    if (from >= upTo) return NOTHING;
    const now = deps.clock.now();
    const until = input.leaseUntil(now);
    const { events, deliveries, taken } = await insertDeliveries(tx, { ...input, from, upTo, now, until });
    if (taken.length === 0) return { events, deliveries, messages: [] };
    const ids = [...new Set(taken.flatMap(({ eventIds }) => eventIds))];
    const contents = await listEventContents(tx, { from, upTo, ids });
    // Of each event once, for all who are told of it.
    const known = new Map<string, Content>(
      contents.map(({ at, position, ...event }) => [
        event.id,
        { eventType: event.type, position, body: presentMessage({ ...event, createdAt: new Date(at) }) },
      ]),
    );
    return { events, deliveries, messages: taken.flatMap((batch) => messagesOf(batch, { known, now, until })) };
  });
}

type Content = { eventType: string; position: number; body: TextBody };
type Context = { known: Map<string, Content>; now: Date; until: Date };

function messagesOf({ target, id, deliveryIds, eventIds }: TakenBatch, { known, now, until }: Context): Message[] {
  const { tenantId, endpointId } = target;
  const batch = { tenantId, endpointId, id, left: deliveryIds.length };
  const createdAt = now.toISOString();
  return deliveryIds.map((deliveryId, index) => {
    const eventId = eventIds[index] ?? '';
    const { eventType = '', position = 0, body = null } = known.get(eventId) ?? {};
    const event = { eventId, eventType, position };
    const delivery = { tenantId, endpointId, id: deliveryId, ...event, redeliveryOf: null, createdAt };
    return { target, delivery, attempts: 0, body, until, batch };
  });
}
