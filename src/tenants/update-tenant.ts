import { findTenantForUpdate, updateTenant as saveTenant } from '#db/queries/tenants.ts';
import type { Tenant, UpdateTenantBody } from '#schemas/tenants.ts';
import { recordChange } from '../audit/record-change.ts';
import { type Ctx, withTx } from '../context.ts';
import { isUniqueViolation } from '../lib/database-errors.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { CUSTOM_DOMAIN_TAKEN } from './errors.ts';
import { presentTenant } from './present-tenant.ts';

/** Changes the settings given and leaves the others. */
export async function updateTenant(
  ctx: Ctx,
  { tenantId, change }: { tenantId: string; change: UpdateTenantBody },
): Promise<Tenant> {
  const now = ctx.clock.now();
  try {
    return await withTx(ctx, async (tx) => {
      const old = await findTenantForUpdate(tx, tenantId);
      const row = old && (await saveTenant(tx, { tenantId, change, now }));
      if (!row) throw new AppError(NOT_FOUND);
      const [before, after] = [presentTenant(old), presentTenant(row)];
      const target = { type: 'tenant', id: tenantId };
      await recordChange(ctx, { db: tx, tenantId, action: 'tenant.updated', target, before, after, now });
      return after;
    });
  } catch (error) {
    if (isUniqueViolation(error, 'tenants_custom_domain_key')) throw new AppError(CUSTOM_DOMAIN_TAKEN);
    throw error;
  }
}
