import { insertTeamMember } from '#db/queries/team.ts';
import { insertTenant } from '#db/queries/tenants.ts';
import type { CreateTenantBody, Tenant } from '#schemas/tenants.ts';
import { recordChange } from '../audit/record-change.ts';
import { type Ctx, type UserActor, withTx } from '../context.ts';
import { isUniqueViolation } from '../lib/database-errors.ts';
import { AppError } from '../lib/errors.ts';
import { newId } from '../lib/ids.ts';
import { SUBDOMAIN_TAKEN } from './errors.ts';
import { presentTenant } from './present-tenant.ts';
import { isReserved } from './rules.ts';

const DEFAULTS = {
  currency: 'EUR',
  timezone: 'UTC',
  locale: 'en',
  description: null,
  logoUrl: null,
  theme: {},
  public: true,
};

/** Makes a brand with the caller as its owner. */
export async function createTenant(ctx: Ctx<UserActor>, input: CreateTenantBody): Promise<Tenant> {
  if (isReserved(input.subdomain)) throw new AppError(SUBDOMAIN_TAKEN);
  const now = ctx.clock.now();
  const tenant = { ...DEFAULTS, ...input, id: newId(), status: 'active' as const, createdAt: now, updatedAt: now };
  try {
    return await withTx(ctx, async (tx) => {
      const inserted = await insertTenant(tx, tenant);
      await insertTeamMember(tx, { tenantId: tenant.id, userId: ctx.actor.userId, role: 'owner', joinedAt: now });
      const target = { type: 'tenant', id: tenant.id };
      const after = presentTenant(inserted);
      await recordChange(ctx, { db: tx, tenantId: tenant.id, action: 'tenant.created', target, after, now });
      return after;
    });
  } catch (error) {
    if (isUniqueViolation(error, 'tenants_subdomain_key')) throw new AppError(SUBDOMAIN_TAKEN);
    throw error;
  }
}
