import type { WebhookEndpointRow } from '#db/queries/webhook-endpoints.ts';
import type { WebhookEndpoint } from '#schemas/webhooks.ts';
import { type Ctx, withTx } from '../context.ts';
import { cancelPending, cancelRest } from './cancel-pending.ts';
import { changeEndpoint } from './change-endpoint.ts';
import { requireUrl } from './require-url.ts';

type Changes = { [Name in 'url' | 'events' | 'active']?: WebhookEndpointRow[Name] | undefined };
type Input = { tenantId: string; endpointId: string; change: Changes };

const FRESH = { failingSince: null, disabledAt: null, disabledReason: null };

/** Changes where or of what the brand is told. Switched off, what is still to be sent is canceled; on, it starts anew. */
export async function updateWebhookEndpoint(
  ctx: Ctx,
  { tenantId, endpointId, change }: Input,
): Promise<WebhookEndpoint> {
  const now = ctx.clock.now();
  if (change.url !== undefined) await requireUrl(ctx, change.url);
  const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
  // What a job has not canceled yet would be sent after all.
  if (change.active) await cancelRest({ db: ctx.db, clock: ctx.clock }, { tenantId, endpointId });
  return withTx(ctx, async (tx) => {
    const input = { db: tx, tenantId, endpointId, action: 'webhookEndpoint.updated', now };
    const after = await changeEndpoint(ctx, input, ({ active, url }) => ({
      ...given,
      // Another receiver has not failed yet.
      ...(change.url !== undefined && change.url !== url && { failingSince: null }),
      ...(change.active && !active && FRESH),
    }));
    if (!after.active) await cancelPending(ctx.deps, { tx, tenantId, endpointId, now });
    return after;
  });
}
