import { findTenant } from '#db/queries/tenants.ts';
import type { Tenant } from '#schemas/tenants.ts';
import type { Ctx } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { presentTenant } from './present-tenant.ts';

export async function getTenant(ctx: Ctx, { tenantId }: { tenantId: string }): Promise<Tenant> {
  const row = await findTenant(ctx.db, tenantId);
  if (!row) throw new AppError(NOT_FOUND);
  return presentTenant(row);
}
