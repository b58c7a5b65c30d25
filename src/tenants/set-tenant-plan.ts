import { findTenantForUpdate, updateTenant } from '#db/queries/tenants.ts';
import type { Plan } from '#schemas/plans.ts';
import type { Tenant } from '#schemas/tenants.ts';
import { recordChange } from '../audit/record-change.ts';
import { type Ctx, withTx } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { presentTenant } from './present-tenant.ts';

type Caller = Pick<Ctx, 'db' | 'clock' | 'actor' | 'requestId'> & { ipAddress: string | null };

/** Changes what a brand pays for: the limits of its API keys follow with their next request. */
export async function setTenantPlan(
  ctx: Caller,
  { tenantId, plan }: { tenantId: string; plan: Plan },
): Promise<Tenant> {
  const now = ctx.clock.now();
  return withTx(ctx, async (tx) => {
    const old = await findTenantForUpdate(tx, tenantId);
    const row = old && (await updateTenant(tx, { tenantId, change: { plan }, now }));
    if (!row) throw new AppError(NOT_FOUND);
    const change = { before: { plan: old.plan }, after: { plan }, now };
    const target = { type: 'tenant', id: tenantId };
    await recordChange(ctx, { db: tx, tenantId, action: 'tenant.planChanged', target, ...change });
    return presentTenant(row);
  });
}
