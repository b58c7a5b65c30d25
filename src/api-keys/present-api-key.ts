import type { ApiKeyRow } from '#db/queries/api-keys.ts';
import type { ApiKey, ApiKeyCredits } from '#schemas/api-keys.ts';
import type { Plan } from '#schemas/plans.ts';
import { type Credits, settleCredits } from './rules.ts';

type About = { plan: Plan; credits: Credits | null; now: Date };

/** A key as its brand sees it: everything but the key. */
export function presentApiKey(row: ApiKeyRow, { plan, credits, now }: About): ApiKey {
  const { id, tenantId, name, start, scopes, enabled, expiresAt, lastUsedAt, createdAt, revokedAt } = row;
  const { allowedAddresses, requestsPerMinute } = row;
  const limits = { plan, allowedAddresses, requestsPerMinute, credits: presentCredits(credits, now) };
  return { id, tenantId, name, start, scopes, ...limits, enabled, expiresAt, lastUsedAt, createdAt, revokedAt };
}

export function presentCredits(credits: Credits | null, now: Date): ApiKeyCredits | null {
  if (credits === null) return null;
  const { remaining, refillAmount: amount, refillInterval: interval, refillsAt } = settleCredits(credits, now);
  return { remaining, refill: amount === null || interval === null ? null : { amount, interval }, refillsAt };
}
