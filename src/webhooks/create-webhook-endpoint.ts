import { findTenantForUpdate } from '#db/queries/tenants.ts';
import { countWebhookEndpoints, insertWebhookEndpoint } from '#db/queries/webhook-endpoints.ts';
import type { NewWebhookEndpoint } from '#schemas/webhooks.ts';
import { recordChange } from '../audit/record-change.ts';
import { type Ctx, withTx } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { newId } from '../lib/ids.ts';
import { sealText } from '../lib/sealed-text.ts';
import { newSigningSecret } from '../lib/signing-secret.ts';
import { WEBHOOK_ENDPOINT_LIMIT } from './errors.ts';
import { presentEndpoint } from './present-endpoint.ts';
import { requireUrl } from './require-url.ts';
import { MAX_ENDPOINTS } from './rules.ts';

type Input = { tenantId: string; url: string; events: string[]; active?: boolean | undefined };

/** Where the brand wants to be told of what happens from now on. The secret is in this answer and nowhere else. */
export async function createWebhookEndpoint(ctx: Ctx, input: Input): Promise<NewWebhookEndpoint> {
  const { tenantId, url, events, active = true } = input;
  const now = ctx.clock.now();
  await requireUrl(ctx, url);
  const [id, secret] = [newId(), newSigningSecret()];
  const sealed = sealText(ctx.deps.webhookKey, { text: secret, owner: id });
  return withTx(ctx, async (tx) => {
    // Held, so that two at once do not both find room.
    if (!(await findTenantForUpdate(tx, tenantId))) throw new AppError(NOT_FOUND);
    if ((await countWebhookEndpoints(tx, tenantId)) >= MAX_ENDPOINTS) throw new AppError(WEBHOOK_ENDPOINT_LIMIT);
    const fresh = { tenantId, id, url, events, active, secret: sealed, createdAt: now, updatedAt: now };
    const endpoint = presentEndpoint(await insertWebhookEndpoint(tx, fresh));
    const target = { type: 'webhookEndpoint', id };
    await recordChange(ctx, { db: tx, tenantId, action: 'webhookEndpoint.created', target, after: endpoint, now });
    return { endpoint, secret };
  });
}
