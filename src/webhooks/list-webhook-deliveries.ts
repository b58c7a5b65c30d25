import { listWebhookDeliveries as listRows } from '#db/queries/webhook-deliveries.ts';
import { findWebhookEndpoint } from '#db/queries/webhook-endpoints.ts';
import type { Page } from '#schemas/envelope.ts';
import type { DeliveryStatus, WebhookDelivery } from '#schemas/webhooks.ts';
import type { Ctx } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { byCreation, newestPageRequest, pageOfRows } from '../lib/page.ts';
import { presentDelivery } from './present-delivery.ts';

type Input = {
  tenantId: string;
  endpointId: string;
  limit: number;
  cursor?: string | undefined;
  status?: DeliveryStatus | undefined;
};

/** What an endpoint was told, newest first, with every attempt. */
export async function listWebhookDeliveries(ctx: Ctx, input: Input): Promise<Page<WebhookDelivery>> {
  const { tenantId, endpointId, limit, cursor, status } = input;
  const key = ctx.deps.cursorKey;
  const list = `webhook-deliveries|${tenantId}|${endpointId}|${status ?? ''}`;
  const page = newestPageRequest(key, list, { limit, cursor });
  if (!(await findWebhookEndpoint(ctx.db, { tenantId, endpointId }))) throw new AppError(NOT_FOUND);
  const rows = await listRows(ctx.db, { tenantId, endpointId, status, page });
  return pageOfRows(rows, { key, list, limit, positionOf: byCreation, present: presentDelivery });
}
