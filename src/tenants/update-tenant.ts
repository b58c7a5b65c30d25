import { updateTenant as saveTenant } from '#db/queries/tenants.ts';
import type { Tenant, UpdateTenantBody } from '#schemas/tenants.ts';
import type { Ctx } from '../context.ts';
import { isUniqueViolation } from '../lib/database-errors.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { CUSTOM_DOMAIN_TAKEN } from './errors.ts';
import { presentTenant } from './present-tenant.ts';

/** Changes the settings given and leaves the others. */
export async function updateTenant(
  ctx: Ctx,
  { tenantId, change }: { tenantId: string; change: UpdateTenantBody },
): Promise<Tenant> {
  try {
    const row = await saveTenant(ctx.db, { tenantId, change, now: ctx.clock.now() });
    if (!row) throw new AppError(NOT_FOUND);
    return presentTenant(row);
  } catch (error) {
    if (isUniqueViolation(error, 'tenants_custom_domain_key')) throw new AppError(CUSTOM_DOMAIN_TAKEN);
    throw error;
  }
}
