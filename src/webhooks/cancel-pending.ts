import type { Db } from '#db/client.ts';
import { cancelWebhookBatches } from '#db/queries/webhook-batches.ts';
import { cancelWebhookDeliveries } from '#db/queries/webhook-deliveries.ts';
import { holdDispatch } from '#db/queries/webhook-dispatch.ts';

/**
 * Cancels what is still to be sent to an endpoint that this transaction has ended. A dispatcher that still takes it for
 * active is waited for: what it makes would be left behind.
 */
export async function cancelPending(tx: Db, ended: { tenantId: string; endpointId: string; now: Date }): Promise<void> {
  await holdDispatch(tx);
  await cancelWebhookBatches(tx, ended);
  await cancelWebhookDeliveries(tx, ended);
}
