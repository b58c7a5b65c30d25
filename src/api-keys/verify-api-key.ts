import { findApiKeyByHash } from '#db/queries/api-keys.ts';
import { findTenant } from '#db/queries/tenants.ts';
import { findUsageMonth } from '#db/queries/usage.ts';
import type { ApiKeyScope, ApiKeyVerification } from '#schemas/api-keys.ts';
import type { Ctx } from '../context.ts';
import { isApiKey } from '../lib/api-key.ts';
import { hashToken } from '../lib/secrets.ts';
import { computeQuota, monthOf } from '../plans/rules.ts';
import { presentApiKey } from './present-api-key.ts';
import { decideKeyCode } from './rules.ts';

type Input = { tenantId: string; key: string; scope?: ApiKeyScope | undefined };

/** Whether a key of the caller's brand would be taken now, and precisely why not. Other brands' keys are not found. */
export async function verifyApiKey(ctx: Ctx, { tenantId, key, scope }: Input): Promise<ApiKeyVerification> {
  const now = ctx.clock.now();
  const month = monthOf(now);
  const row = isApiKey(key) ? await findApiKeyByHash(ctx.db, { tenantId, keyHash: hashToken(key) }) : undefined;
  const tenant = row && (await findTenant(ctx.db, tenantId));
  if (!row || !tenant) return { valid: false, code: 'NOT_FOUND', apiKey: null };
  const used = (await findUsageMonth(ctx.db, { tenantId, month })) + ctx.deps.usage.pending(tenantId, month);
  const apiKey = presentApiKey(row, { plan: tenant.plan, credits: row.credits, now });
  const code = decideKeyCode(row, {
    scope,
    credits: apiKey.credits,
    quota: computeQuota(tenant.plan, { used, now }),
    isRateLimited: await ctx.isKeyLimited({ ...row, apiKeyId: row.id, plan: tenant.plan }),
    now,
  });
  return { valid: code === 'VALID', code, apiKey };
}
