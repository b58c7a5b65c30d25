import { findTenantForUpdate, updateTenant } from '#db/queries/tenants.ts';
import type { Tenant } from '#schemas/tenants.ts';
import { recordChange } from '../audit/record-change.ts';
import { type Ctx, withTx } from '../context.ts';
import { isUniqueViolation } from '../lib/database-errors.ts';
import { AppError, FORBIDDEN, NOT_FOUND } from '../lib/errors.ts';
import { STRIPE_ACCOUNT_TAKEN, STRIPE_ACCOUNT_UNUSABLE } from './errors.ts';
import { presentTenant } from './present-tenant.ts';

type Input = { tenantId: string; stripeAccountId: string | null };

/**
 * Where the brand's card payments go from now on. What was begun goes on where it began. The platform decides: it knows whose
 * account it is, and a brand might name another's.
 */
export async function setStripeAccount(ctx: Ctx, { tenantId, stripeAccountId }: Input): Promise<Tenant> {
  if (ctx.actor.type !== 'user' || ctx.actor.platformRole !== 'admin') throw new AppError(FORBIDDEN);
  const isUsable = stripeAccountId === null || (await ctx.deps.cards.isAccountUsable(stripeAccountId));
  if (!isUsable) throw new AppError(STRIPE_ACCOUNT_UNUSABLE);
  const now = ctx.clock.now();
  try {
    return await withTx(ctx, async (tx) => {
      const old = await findTenantForUpdate(tx, tenantId);
      const row = old && (await updateTenant(tx, { tenantId, change: { stripeAccountId }, now }));
      if (!row) throw new AppError(NOT_FOUND);
      const target = { type: 'tenant', id: tenantId };
      const change = { before: { stripeAccountId: old.stripeAccountId }, after: { stripeAccountId }, now };
      await recordChange(ctx, { db: tx, tenantId, action: 'tenant.stripeAccountSet', target, ...change });
      return presentTenant(row);
    });
  } catch (error) {
    if (isUniqueViolation(error, 'tenants_stripe_account_key')) throw new AppError(STRIPE_ACCOUNT_TAKEN);
    throw error;
  }
}
