import type { Db } from '#db/client.ts';
import { type ClaimRow, insertClaim } from '#db/queries/coupon-claims.ts';
import type { CouponState } from '#db/queries/coupon-states.ts';
import { moveCounters, takeCode, takeUses } from '#db/queries/coupon-uses.ts';
import type { CouponClaim } from '#schemas/coupon-claims.ts';
import { type Ctx, type UserActor, withTx } from '../context.ts';
import { recordEvent } from '../events/record-event.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { addSeconds } from '../lib/time.ts';
import { NO_CART } from './discount-rules.ts';
import { COUPON_NOT_ELIGIBLE } from './errors.ts';
import { presentClaim } from './present-claim.ts';
import { codeKeyOf, decideEligibility } from './rules.ts';
import { expireOverdue } from './steps/expire-overdue.ts';
import { loadCoupon, loadCoupons, loadShopper, questionOf, type Shopper } from './steps/load-coupons.ts';
import { newClaim, usesOf } from './steps/take-uses.ts';
import { TakenMeanwhile, withSecondTry } from './steps/taken-meanwhile.ts';

type Input = { tenantId: string; couponId: string; code?: string | undefined };
type Claiming = { state: CouponState; shopper: Shopper };

/** Keeps one use of the coupon for the caller until it expires. Of N callers for the last L exactly min(N, L) get one. */
export async function claimCoupon(ctx: Ctx<UserActor>, input: Input): Promise<CouponClaim> {
  return presentClaim(await withSecondTry(() => claimOnce(ctx, input)));
}

async function claimOnce(ctx: Ctx<UserActor>, { tenantId, couponId, code }: Input): Promise<ClaimRow> {
  const now = ctx.clock.now();
  const shopper = await loadShopper(ctx.db, { tenantId, userId: ctx.actor.userId, now });
  const state = await findState(ctx, { shopper, couponId, code });
  const { reasons, missing } = decideEligibility(
    state.coupon,
    questionOf(state, { shopper, purpose: 'claim', cart: NO_CART }),
  );
  if (reasons.length > 0) throw new AppError(COUPON_NOT_ELIGIBLE, { reasons, missing });
  if (state.overdue > 0) await withTx(ctx, (tx) => expireOverdue(tx, { tenantId, couponId, now }));
  return withTx(ctx, (tx) => take(tx, { state, shopper }));
}

type Naming = { shopper: Shopper; couponId: string; code: string | undefined };

async function findState(ctx: Ctx<UserActor>, { shopper, couponId, code }: Naming): Promise<CouponState> {
  if (code === undefined) return loadCoupon(ctx.db, shopper, couponId);
  await ctx.takeGuess(ctx);
  const key = codeKeyOf(code);
  const states = key === null ? [] : await loadCoupons(ctx.db, shopper, { codeKeys: [key] });
  const state = states.find(({ coupon }) => coupon.id === couponId);
  if (state) return state;
  throw new AppError(COUPON_NOT_ELIGIBLE, { reasons: ['NOT_FOUND'], missing: {} });
}

/**
 * All of it goes to the database at once, and the counter last: everybody waits for that, so it is held no longer than the
 * commit takes.
 */
async function take(tx: Db, { state, shopper }: Claiming): Promise<ClaimRow> {
  const { coupon, code } = state;
  const { tenantId, userId, now } = shopper;
  if (userId === null) throw new AppError(NOT_FOUND);
  const couponId = coupon.id;
  const claim = {
    ...newClaim(state, { shopper, userId }),
    expiresAt: addSeconds(now, coupon.claimTtlSeconds),
  };
  const data = presentClaim(claim);
  const [isFirst, isLeft, areFree, , isThere] = await Promise.all([
    insertClaim(tx, claim),
    code?.singleUse ? takeCode(tx, { tenantId, codeId: code.id, now }) : true,
    Promise.all(usesOf(coupon, shopper).map((uses) => takeUses(tx, uses))),
    recordEvent(tx, { tenantId, type: 'coupon.claimed', objectId: claim.id, data, now }),
    moveCounters(tx, { tenantId, couponId, claimed: 1 }),
  ]);
  if (!isFirst) throw new TakenMeanwhile('ALREADY_CLAIMED');
  if (!isThere || !isLeft) throw new TakenMeanwhile('QUANTITY_EXCEEDED');
  if (areFree.includes(false)) throw new TakenMeanwhile('CUSTOMER_LIMIT');
  return claim;
}
