import type { Db } from '#db/client.ts';
import {
  findWebhookEndpointForUpdate,
  updateWebhookEndpoint,
  type WebhookEndpointChange,
  type WebhookEndpointRow,
} from '#db/queries/webhook-endpoints.ts';
import type { WebhookEndpoint } from '#schemas/webhooks.ts';
import { recordChange } from '../audit/record-change.ts';
import type { Ctx } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { presentEndpoint } from './present-endpoint.ts';

type Input = { db: Db; tenantId: string; endpointId: string; action: string; now: Date };
type Decide = (row: WebhookEndpointRow) => WebhookEndpointChange;

/** Changes an endpoint under its lock as `decide` says, with its audit entry. */
export async function changeEndpoint(
  ctx: Ctx,
  { db, tenantId, endpointId, action, now }: Input,
  decide: Decide,
): Promise<WebhookEndpoint> {
  const row = await findWebhookEndpointForUpdate(db, { tenantId, endpointId });
  if (!row) throw new AppError(NOT_FOUND);
  const change = { ...decide(row), updatedAt: now };
  const isEnabled = change.active === true && !row.active;
  const changed = await updateWebhookEndpoint(db, { tenantId, endpointId, change, isEnabled });
  if (!changed) throw new AppError(NOT_FOUND);
  const [before, after] = [presentEndpoint(row), presentEndpoint(changed)];
  const target = { type: 'webhookEndpoint', id: endpointId };
  await recordChange(ctx, { db, tenantId, action, target, before, after, now });
  return after;
}
