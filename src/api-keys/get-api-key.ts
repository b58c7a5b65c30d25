import { findApiKey } from '#db/queries/api-keys.ts';
import { findTenant } from '#db/queries/tenants.ts';
import type { ApiKey } from '#schemas/api-keys.ts';
import type { Ctx } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { presentApiKey } from './present-api-key.ts';

export async function getApiKey(ctx: Ctx, input: { tenantId: string; apiKeyId: string }): Promise<ApiKey> {
  const [tenant, row] = await Promise.all([findTenant(ctx.db, input.tenantId), findApiKey(ctx.db, input)]);
  if (!tenant || !row) throw new AppError(NOT_FOUND);
  return presentApiKey(row, { plan: tenant.plan, credits: row.credits, now: ctx.clock.now() });
}
