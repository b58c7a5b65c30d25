import type { HeldOfEndpoint } from '#db/queries/webhook-dispatch.ts';
import { type TakenDelivery, takeDueDeliveries } from '#db/queries/webhook-queue.ts';
import { TEST_EVENT } from '#schemas/webhooks.ts';
import type { Deps } from '../context.ts';
import { instantOfId } from '../lib/ids.ts';
import { presentMessage, presentTestMessage } from './present-message.ts';
import type { Message } from './send-delivery.ts';

type Input = {
  most: number;
  room: number;
  perFailing: number;
  failingTurns: number;
  held: HeldOfEndpoint[];
  leaseUntil: (now: Date) => Date;
};

/** Takes what is due: retries, tests, redeliveries, and what there was no room for when it was made. */
export async function takeDeliveries(deps: Deps, { leaseUntil, ...limits }: Input): Promise<Message[]> {
  const now = deps.clock.now();
  const until = leaseUntil(now);
  const rows = await takeDueDeliveries(deps.db, { now, until, ...limits });
  return rows.map((row) => {
    const { id, eventId, attempts, redeliveryOf } = row;
    return { target: row, id, eventId, attempts, redeliveryOf, body: bodyOf(row), until };
  });
}

/** null when the event is purged. */
function bodyOf({ tenantId, eventId, eventType, endpointId, event }: TakenDelivery): string | null {
  if (event !== null) {
    const { at, ...content } = event;
    return presentMessage({ ...content, id: eventId, tenantId, createdAt: new Date(at) });
  }
  if (eventType !== TEST_EVENT) return null;
  return presentTestMessage({ id: eventId, type: eventType, tenantId, endpointId, createdAt: instantOfId(eventId) });
}
