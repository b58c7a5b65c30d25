import { findTenant, updateTenant } from '#db/queries/tenants.ts';
import type { Tenant, TenantStatus } from '#schemas/tenants.ts';
import type { Ctx, UserActor } from '../context.ts';
import { AppError, FORBIDDEN, NOT_FOUND, type Refusal } from '../lib/errors.ts';
import { ILLEGAL_STATUS_CHANGE } from './errors.ts';
import { presentTenant } from './present-tenant.ts';
import { decideStatusChange } from './rules.ts';

const REFUSALS: Record<'forbidden' | 'illegal', Refusal> = { forbidden: FORBIDDEN, illegal: ILLEGAL_STATUS_CHANGE };

/** Suspends, closes or reopens a brand. The write holds only from the status that the decision was made on. */
export async function setTenantStatus(
  ctx: Ctx<UserActor>,
  { tenantId, status }: { tenantId: string; status: TenantStatus },
): Promise<Tenant> {
  const tenant = await findTenant(ctx.db, tenantId);
  if (!tenant) throw new AppError(NOT_FOUND);
  const mover = ctx.actor.platformRole === 'admin' ? 'platform' : 'owner';
  const decision = decideStatusChange(tenant.status, status, mover);
  if (!decision.ok) throw new AppError(REFUSALS[decision.reason]);

  const now = ctx.clock.now();
  const row = await updateTenant(ctx.db, { tenantId, change: { status }, now, from: tenant.status });
  if (!row) throw new AppError(ILLEGAL_STATUS_CHANGE);
  return presentTenant(row);
}
