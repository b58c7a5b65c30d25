import type { Db } from '#db/client.ts';
import { type ClaimRow, findClaim, listClaimsForUpdate } from '#db/queries/coupon-claims.ts';
import { findPublicTenantById } from '#db/queries/tenants.ts';
import type { CouponClaim, ReleaseReason } from '#schemas/coupon-claims.ts';
import { recordChange } from '../audit/record-change.ts';
import { type Ctx, withTx } from '../context.ts';
import { takeBackEffects } from '../effects/take-back-effects.ts';
import { AppError, FORBIDDEN, NOT_FOUND, VALIDATION_ERROR } from '../lib/errors.ts';
import { rolesIn } from '../payments/steps/roles-in.ts';
import { ALREADY_RELEASED, CLAIM_NOT_RELEASABLE, ROLLBACK_TOO_LATE } from './errors.ts';
import { presentClaim } from './present-claim.ts';
import { canRollBack } from './rules.ts';
import { releaseClaims } from './steps/release-claims.ts';

type Input = { tenantId: string; claimId: string; reason?: string | undefined };

/** Gives a claim back: by its holder or the team while it is open, or a redemption at the till by an admin, with a reason. */
export async function releaseClaim(ctx: Ctx, { tenantId, claimId, reason: why }: Input): Promise<CouponClaim> {
  const now = ctx.clock.now();
  const [tenant, seen] = await Promise.all([
    findPublicTenantById(ctx.db, tenantId),
    findClaim(ctx.db, { tenantId, claimId }),
  ]);
  const can = await rolesIn(ctx, tenantId);
  const isHolder = ctx.actor.type === 'user' && ctx.actor.userId === seen?.userId;
  if (!tenant || !seen || !(isHolder || can('staff'))) throw new AppError(NOT_FOUND);
  return withTx(ctx, async (tx) => {
    const [claim] = await listClaimsForUpdate(tx, { tenantId, claimIds: [claimId] });
    if (!claim) throw new AppError(NOT_FOUND);
    const reason = decideReason(claim, { isHolder, isAdmin: can('admin'), why, now });
    const released = await release(tx, { ctx, claim, reason, now });
    if (reason === 'holder') return presentClaim(released);
    const [before, after] = [presentClaim(claim), { ...presentClaim(released), ...(why && { why }) }];
    const target = { type: 'coupon_claim', id: claimId };
    await recordChange(ctx, { db: tx, tenantId, action: 'coupon.released', target, before, after, now });
    return presentClaim(released);
  });
}

type Asking = { isHolder: boolean; isAdmin: boolean; why: string | undefined; now: Date };

function decideReason(claim: ClaimRow, { isHolder, isAdmin, why, now }: Asking): ReleaseReason {
  const { status, paymentId, redeemedAt } = claim;
  if (status === 'released' || status === 'expired') throw new AppError(ALREADY_RELEASED, { status });
  if (status === 'claimed') return isHolder ? 'holder' : 'staff';
  if (paymentId !== null || redeemedAt === null) throw new AppError(CLAIM_NOT_RELEASABLE, { paymentId });
  if (!isAdmin) throw new AppError(FORBIDDEN);
  if (!canRollBack(redeemedAt, now)) throw new AppError(ROLLBACK_TOO_LATE, { redeemedAt });
  if (why !== undefined) return 'rollback';
  const error = { location: 'body', field: 'reason', message: 'is required to roll back a redemption' };
  throw new AppError(VALIDATION_ERROR, { errors: [error] });
}

type Releasing = { ctx: Ctx; claim: ClaimRow; reason: ReleaseReason; now: Date };

async function release(tx: Db, { ctx, claim, reason, now }: Releasing): Promise<ClaimRow> {
  const { tenantId, id: causeId } = claim;
  const { jobs } = ctx.deps;
  // What it gave at the till, and what was counted for it.
  await takeBackEffects(tx, { tenantId, causeType: 'claim', causeId, by: reason, jobs, now });
  const [released] = await releaseClaims(tx, { tenantId, claims: [claim], reason, now });
  if (!released) throw new Error('a claim was moved without its row being held');
  return released;
}
