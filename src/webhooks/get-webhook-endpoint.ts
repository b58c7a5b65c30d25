import { findWebhookEndpoint } from '#db/queries/webhook-endpoints.ts';
import type { WebhookEndpoint } from '#schemas/webhooks.ts';
import type { Ctx } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { presentEndpoint } from './present-endpoint.ts';

export async function getWebhookEndpoint(
  ctx: Ctx,
  input: { tenantId: string; endpointId: string },
): Promise<WebhookEndpoint> {
  const row = await findWebhookEndpoint(ctx.db, input);
  if (!row) throw new AppError(NOT_FOUND);
  return presentEndpoint(row);
}
