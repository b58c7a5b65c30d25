import {
  findDispatchRange,
  type HeldOfEndpoint,
  insertDeliveries,
  listEventContents,
  lockDispatch,
} from '#db/queries/webhook-dispatch.ts';
import { type Deps, withTx } from '../context.ts';
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
    const ids = [...new Set(taken.flatMap(({ items }) => items.map(([, eventId]) => eventId)))];
    const contents = await listEventContents(tx, { from, upTo, ids });
    const bodies = new Map(
      contents.map(({ at, ...event }) => [event.id, presentMessage({ ...event, createdAt: new Date(at) })]),
    );
    const messages = taken.flatMap(({ target, items }) =>
      items.map(([id, eventId]) => ({
        target,
        id,
        eventId,
        attempts: 0,
        redeliveryOf: null,
        body: bodies.get(eventId) ?? null,
        until,
      })),
    );
    return { events, deliveries, messages };
  });
}
