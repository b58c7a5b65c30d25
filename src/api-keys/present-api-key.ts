import type { ApiKeyRow } from '#db/queries/api-keys.ts';
import type { ApiKey } from '#schemas/api-keys.ts';
import type { Plan } from '#schemas/plans.ts';

/** A key as its brand sees it: everything but the key. */
export function presentApiKey(row: ApiKeyRow, plan: Plan): ApiKey {
  const { id, tenantId, name, start, scopes, enabled, expiresAt, lastUsedAt, createdAt, revokedAt } = row;
  const { allowedAddresses, requestsPerMinute } = row;
  const limits = { plan, allowedAddresses, requestsPerMinute };
  return { id, tenantId, name, start, scopes, ...limits, enabled, expiresAt, lastUsedAt, createdAt, revokedAt };
}
