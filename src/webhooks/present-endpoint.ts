import type { WebhookEndpointRow } from '#db/queries/webhook-endpoints.ts';
import type { WebhookEndpoint } from '#schemas/webhooks.ts';

/** An endpoint as its brand sees it: everything but its secrets. */
export function presentEndpoint(row: WebhookEndpointRow): WebhookEndpoint {
  const { id, tenantId, url, events, active, failingSince, disabledAt, disabledReason } = row;
  const { previousSecretUntil, createdAt, updatedAt } = row;
  const state = { active, failingSince, disabledAt, disabledReason, previousSecretUntil };
  return { id, tenantId, url, events, ...state, createdAt, updatedAt };
}
