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
import { toldOf } from './steps/resolve-coupons.ts';
import { takeClaim } from './steps/take-claim.ts';
import { withSecondTry } from './steps/taken-meanwhile.ts';

type Input = { tenantId: string; couponId: string; code?: string | undefined };

/** Keeps one use of the coupon for the caller until it expires. Of N callers for the last L exactly min(N, L) get one. */
export async function claimCoupon(ctx: Ctx<UserActor>, input: Input): Promise<CouponClaim> {
  if (input.code !== undefined) await ctx.takeGuess(ctx);
  return presentClaim(await withSecondTry(() => claimOnce(ctx, input)));
}

async function claimOnce(ctx: Ctx<UserActor>, { tenantId, ...named }: Input): Promise<ClaimRow> {
  const now = ctx.clock.now();
  const { userId } = ctx.actor;
  const shopper = await loadShopper(ctx.db, { tenantId, userId, now });
  const state = await findCurrent(ctx, { shopper, ...named });
  const decision = decideEligibility(state.coupon, questionOf(state, { shopper, purpose: 'claim', cart: NO_CART }));
  const expiresAt = addSeconds(now, state.coupon.claimTtlSeconds);
  if (decision.reasons.length === 0) return withTx(ctx, (tx) => takeClaim(tx, { state, shopper, expiresAt }));
  // Who names the coupon by its id knows of it: only what a code is worth is nobody's business.
  const isInsider = named.code === undefined || (shopper.member?.isMember ?? false);
  const { reasons, missing } = toldOf(decision, { state, isInsider });
  throw new AppError(COUPON_NOT_ELIGIBLE, { reasons, missing });
}

type Naming = { shopper: Shopper; couponId: string; code?: string | undefined };

/** The coupon as it is when all has been given back that has run out. */
async function findCurrent(ctx: Ctx<UserActor>, naming: Naming): Promise<CouponState> {
  const state = await findState(ctx, naming);
  if (state.overdue === 0) return state;
  const { tenantId, userId, now } = naming.shopper;
  await withTx(ctx, (tx) => expireOverdue(tx, { tenantId, couponId: state.coupon.id, userId, now }));
  return findState(ctx, naming);
}

async function findState(ctx: Ctx<UserActor>, { shopper, couponId, code }: Naming): Promise<CouponState> {
  if (code === undefined) return loadCoupon(ctx.db, shopper, couponId);
  const key = codeKeyOf(code);
  const states = key === null ? [] : await loadCoupons(ctx.db, shopper, { codeKeys: [key] });
  const state = states.find(({ coupon }) => coupon.id === couponId);
  if (state) return state;
  throw new AppError(COUPON_NOT_ELIGIBLE, { reasons: ['NOT_FOUND'], missing: {} });
}
