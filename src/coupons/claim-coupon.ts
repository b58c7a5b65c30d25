import type { ClaimRow } from '#db/queries/coupon-claims.ts';
import type { CouponState } from '#db/queries/coupon-states.ts';
import type { CouponClaim } from '#schemas/coupon-claims.ts';
import { type Ctx, type UserActor, withTx } from '../context.ts';
import { AppError } from '../lib/errors.ts';
import { addSeconds } from '../lib/time.ts';
import { NO_CART } from './discount-rules.ts';
import { COUPON_NOT_ELIGIBLE } from './errors.ts';
import { presentClaim } from './present-claim.ts';
import { codeKeyOf, decideEligibility } from './rules.ts';
import { expireOverdue } from './steps/expire-overdue.ts';
import { loadCoupon, loadCoupons, loadShopper, questionOf, type Shopper } from './steps/load-coupons.ts';
import { takeClaim } from './steps/take-claim.ts';
import { withSecondTry } from './steps/taken-meanwhile.ts';

type Input = { tenantId: string; couponId: string; code?: string | undefined };

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
  const expiresAt = addSeconds(now, state.coupon.claimTtlSeconds);
  return withTx(ctx, (tx) => takeClaim(tx, { state, shopper, expiresAt }));
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
