import { findTenantForUpdate, updateTenant } from '#db/queries/tenants.ts';
import type { Tenant, TenantStatus } from '#schemas/tenants.ts';
import { recordChange } from '../audit/record-change.ts';
import { type Ctx, withTx } from '../context.ts';
import { AppError, FORBIDDEN, NOT_FOUND, type Refusal } from '../lib/errors.ts';
import { ILLEGAL_STATUS_CHANGE } from './errors.ts';
import { presentTenant } from './present-tenant.ts';
import { decideStatusChange } from './rules.ts';

const REFUSALS: Record<'forbidden' | 'illegal', Refusal> = { forbidden: FORBIDDEN, illegal: ILLEGAL_STATUS_CHANGE };

type Caller = Pick<Ctx, 'db' | 'clock' | 'actor' | 'requestId'> & { ipAddress: string | null };
type Input = { tenantId: string; status: TenantStatus; reason?: string | undefined };

/** Suspends, closes or reopens a brand. Its row is held, so that the decision is made on the status that is changed. */
export async function setTenantStatus(ctx: Caller, { tenantId, status, reason }: Input): Promise<Tenant> {
  const now = ctx.clock.now();
  const isOwner = ctx.actor.type === 'user' && ctx.actor.platformRole !== 'admin';
  return withTx(ctx, async (tx) => {
    const tenant = await findTenantForUpdate(tx, tenantId);
    if (!tenant) throw new AppError(NOT_FOUND);
    const decision = decideStatusChange(tenant.status, status, isOwner ? 'owner' : 'platform');
    if (!decision.ok) throw new AppError(REFUSALS[decision.reason]);
    const row = await updateTenant(tx, { tenantId, change: { status }, now });
    if (!row) throw new AppError(NOT_FOUND);
    const change = { before: { status: tenant.status }, after: { status, ...(reason && { reason }) }, now };
    const target = { type: 'tenant', id: tenantId };
    await recordChange(ctx, { db: tx, tenantId, action: 'tenant.statusChanged', target, ...change });
    return presentTenant(row);
  });
}
