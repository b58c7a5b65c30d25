import { deleteWebhookEndpoint as deleteRow } from '#db/queries/webhook-endpoints.ts';
import { recordChange } from '../audit/record-change.ts';
import { type Ctx, withTx } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { cancelPending } from './cancel-pending.ts';
import { presentEndpoint } from './present-endpoint.ts';

/** Ends it at once, with all that was still to be sent there. */
export async function deleteWebhookEndpoint(ctx: Ctx, input: { tenantId: string; endpointId: string }) {
  const { tenantId, endpointId } = input;
  const now = ctx.clock.now();
  return withTx(ctx, async (tx) => {
    const row = await deleteRow(tx, input);
    if (!row) throw new AppError(NOT_FOUND);
    await cancelPending(ctx.deps, { ...input, tx, now });
    const target = { type: 'webhookEndpoint', id: endpointId };
    const before = presentEndpoint(row);
    await recordChange(ctx, { db: tx, tenantId, action: 'webhookEndpoint.deleted', target, before, now });
    return { id: endpointId, deleted: true as const };
  });
}
