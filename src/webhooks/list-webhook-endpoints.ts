import { listWebhookEndpoints as listRows } from '#db/queries/webhook-endpoints.ts';
import type { Page } from '#schemas/envelope.ts';
import type { WebhookEndpoint } from '#schemas/webhooks.ts';
import type { Ctx } from '../context.ts';
import { byCreation, pageOfRows, pageRequest } from '../lib/page.ts';
import { presentEndpoint } from './present-endpoint.ts';

type Input = { tenantId: string; limit: number; cursor?: string | undefined };

export async function listWebhookEndpoints(
  ctx: Ctx,
  { tenantId, limit, cursor }: Input,
): Promise<Page<WebhookEndpoint>> {
  const key = ctx.deps.cursorKey;
  const list = `webhook-endpoints|${tenantId}`;
  const rows = await listRows(ctx.db, { tenantId, page: pageRequest(key, list, { limit, cursor }) });
  return pageOfRows(rows, { key, list, limit, positionOf: byCreation, present: presentEndpoint });
}
