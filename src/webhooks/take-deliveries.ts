import { releaseBatches } from '#db/queries/webhook-batches.ts';
import type { HeldOfEndpoint } from '#db/queries/webhook-dispatch.ts';
import { type TakenDelivery, takeDueDeliveries } from '#db/queries/webhook-queue.ts';
import { TEST_EVENT } from '#schemas/webhooks.ts';
import type { Deps } from '../context.ts';
import { instantOfId } from '../lib/ids.ts';
import { presentMessage, presentTestMessage } from './present-message.ts';
import type { Message, Run } from './send-delivery.ts';

type Input = {
  most: number;
  room: number;
  perFailing: number;
  failingTurns: number;
  held: HeldOfEndpoint[];
  leaseUntil: (now: Date) => Date;
};

/** Takes what is due: retries, tests, redeliveries, what there was no room for when it was made, and what others left. */
export async function takeDeliveries(deps: Deps, { leaseUntil, ...limits }: Input): Promise<Run[]> {
  const now = deps.clock.now();
  const until = leaseUntil(now);
  await releaseBatches(deps.db, { now });
  const rows = await takeDueDeliveries(deps.db, { now, until, ...limits });
  const byEndpoint = Map.groupBy(rows, ({ endpointId }) => endpointId);
  return [...byEndpoint.values()].map((own) => {
    const messages = own.values().map((row) => messageOf(row, until));
    return { target: own[0] as TakenDelivery, count: own.length, messages };
  });
}

function messageOf(row: TakenDelivery, until: Date): Message {
  const { tenantId, endpointId, id, eventId, eventType, position, attempts, redeliveryOf, createdAt } = row;
  const delivery = { tenantId, endpointId, id, eventId, eventType, position, redeliveryOf, createdAt };
  return { target: row, delivery, attempts, body: bodyOf(row), until, batch: null };
}

/** null when the event is purged. */
function bodyOf({ tenantId, eventId, eventType, endpointId, event }: TakenDelivery): Buffer | null {
  if (event !== null) {
    const { at, ...content } = event;
    return presentMessage({ ...content, id: eventId, tenantId, createdAt: new Date(at) });
  }
  if (eventType !== TEST_EVENT) return null;
  return presentTestMessage({ id: eventId, type: eventType, tenantId, endpointId, createdAt: instantOfId(eventId) });
}
