import { insertRecoveries } from '#db/queries/webhook-deliveries.ts';
import { findDispatchRange } from '#db/queries/webhook-dispatch.ts';
import { findWebhookEndpointForUpdate } from '#db/queries/webhook-endpoints.ts';
import { type EventPattern, eventTypes } from '#schemas/events.ts';
import type { WebhookRecovery } from '#schemas/webhooks.ts';
import { type Ctx, withTx } from '../context.ts';
import { typesOf } from '../events/rules.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { lowestIdAt } from '../lib/ids.ts';
import { addSeconds } from '../lib/time.ts';
import { WEBHOOK_ENDPOINT_INACTIVE } from './errors.ts';

type Input = { tenantId: string; endpointId: string; since: Date };

const AT_ONCE = 5_000;
/** By how much the clocks of our processes may differ, and a transaction last. */
const SLACK_SECONDS = 3_600;

/** Queues again all that has happened since and that the endpoint was not told: failed, canceled, or while it was off. */
export async function recoverWebhookDeliveries(ctx: Ctx, input: Input): Promise<WebhookRecovery> {
  const { tenantId, endpointId, since } = input;
  const now = ctx.clock.now();
  return withTx(ctx, async (tx) => {
    // Held, so that of two at once the second finds what the first has queued.
    const endpoint = await findWebhookEndpointForUpdate(tx, { tenantId, endpointId });
    if (!endpoint) throw new AppError(NOT_FOUND);
    if (!endpoint.active) throw new AppError(WEBHOOK_ENDPOINT_INACTIVE);
    const types = typesOf(endpoint.events as EventPattern[], eventTypes);
    // What lies beyond the cursor becomes a delivery by itself, unless the endpoint was off then.
    const range = await findDispatchRange(tx);
    const upTo = Math.max(range.from, Math.min(endpoint.fromPosition, range.upTo));
    const fromId = lowestIdAt(addSeconds(since, -SLACK_SECONDS));
    const queued = await insertRecoveries(tx, {
      tenantId,
      endpointId,
      types,
      since,
      fromId,
      upTo,
      now,
      limit: AT_ONCE,
    });
    return { queued, hasMore: queued === AT_ONCE };
  });
}
