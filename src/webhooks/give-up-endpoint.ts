import { listOwnerIds } from '#db/queries/team.ts';
import { disableWebhookEndpoint, findWebhookEndpointForUpdate } from '#db/queries/webhook-endpoints.ts';
import { recordChange } from '../audit/record-change.ts';
import { type Deps, withTx } from '../context.ts';
import { cancelPending } from './cancel-pending.ts';
import { presentEndpoint } from './present-endpoint.ts';
import { decideDisabling } from './rules.ts';

type Input = { tenantId: string; endpointId: string; url: string; statusCode: number | null; now: Date };

const SYSTEM = { actor: { type: 'anonymous' }, requestId: 'webhooks', ipAddress: null } as const;

/** Switches an endpoint off that is gone, or has failed for too long, at the URL that was tried; tells the brand's owners. */
export async function giveUpEndpoint(deps: Deps, { tenantId, endpointId, url, statusCode, now }: Input): Promise<void> {
  await withTx(deps, async (tx) => {
    const row = await findWebhookEndpointForUpdate(tx, { tenantId, endpointId });
    const isIt = row?.active && row.url === url;
    const reason = isIt ? decideDisabling({ statusCode }, { failingSince: row.failingSince, now }) : null;
    if (!row || reason === null) return;
    const disabled = await disableWebhookEndpoint(tx, { tenantId, endpointId, reason, now });
    if (!disabled) return;
    await cancelPending(deps, { tx, tenantId, endpointId, now });
    const change = { before: presentEndpoint(row), after: presentEndpoint(disabled) };
    const target = { type: 'webhookEndpoint', id: endpointId };
    await recordChange(SYSTEM, { db: tx, tenantId, action: 'webhookEndpoint.disabled', target, ...change, now });
    for (const userId of await listOwnerIds(tx, tenantId)) {
      await deps.jobs.enqueue(tx, 'mail', { kind: 'webhook', tenantId, userId, endpointId, reason });
    }
  });
}
