import { findApiKey } from '#db/queries/api-keys.ts';
import { findTenant } from '#db/queries/tenants.ts';
import { findUsageMonth, listUsage } from '#db/queries/usage.ts';
import type { ApiKeyUsage } from '#schemas/api-keys.ts';
import type { Ctx } from '../context.ts';
import { AppError, NOT_FOUND, VALIDATION_ERROR } from '../lib/errors.ts';
import { computeQuota, monthOf } from '../plans/rules.ts';
import { presentCredits } from './present-api-key.ts';
import { decideUsageDays, sumByDay, sumOf } from './rules.ts';

type Input = { tenantId: string; apiKeyId: string; from?: string | undefined; to?: string | undefined };

/** What a key was used for, by day and operation, with the state of the brand's quota. Counts of this process included. */
export async function getApiKeyUsage(ctx: Ctx, { tenantId, apiKeyId, from, to }: Input): Promise<ApiKeyUsage> {
  const now = ctx.clock.now();
  const days = decideUsageDays({ from, to }, now);
  if (!days.ok) throw new AppError(VALIDATION_ERROR, { errors: [{ location: 'query', ...days.reason }] });
  await ctx.deps.usage.flush();
  const [tenant, key, rows, used] = await Promise.all([
    findTenant(ctx.db, tenantId),
    findApiKey(ctx.db, { tenantId, apiKeyId }),
    listUsage(ctx.db, { tenantId, apiKeyId, from: days.from, to: days.to }),
    findUsageMonth(ctx.db, { tenantId, month: monthOf(now) }),
  ]);
  if (!tenant || !key) throw new AppError(NOT_FOUND);
  return {
    apiKeyId,
    from: days.from,
    to: days.to,
    ...sumOf(rows),
    plan: tenant.plan,
    quota: computeQuota(tenant.plan, { used, now }),
    credits: presentCredits(key.credits, now),
    days: sumByDay(rows),
  };
}
