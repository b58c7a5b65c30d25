import type { Db } from '#db/client.ts';
import { type ClaimRow, findClaimByCode, updateClaim, updateOpenClaim } from '#db/queries/coupon-claims.ts';
import type { CouponState } from '#db/queries/coupon-states.ts';
import { moveCounters } from '#db/queries/coupon-uses.ts';
import type { RedeemCouponBody, RedeemedCoupon } from '#schemas/coupon-claims.ts';
import { recordChange } from '../audit/record-change.ts';
import { type Actor, type Ctx, withTx } from '../context.ts';
import { recordEvent } from '../events/record-event.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { readClaimCode } from '../lib/random-codes.ts';
import { localDay } from '../lib/zoned-time.ts';
import { giveProducts } from '../products/steps/give-products.ts';
import type { Cart } from './discount-rules.ts';
import { CLAIM_NOT_OPEN, COUPON_NOT_ELIGIBLE, GIFT_OUT_OF_STOCK } from './errors.ts';
import { presentClaim } from './present-claim.ts';
import { decideEligibility } from './rules.ts';
import { loadCoupons, loadShopper, questionOf, type Shopper } from './steps/load-coupons.ts';
import { takeBudgets, takeFirstPurchase } from './steps/take-uses.ts';
import { withSecondTry } from './steps/taken-meanwhile.ts';

type Input = RedeemCouponBody & { tenantId: string };
type Redeeming = { claim: ClaimRow; state: CouponState; shopper: Shopper; cart: Cart; discount: number | null };

/** At the till: the staff take what a member shows. A coupon for a product gives it at once. */
export async function redeemCoupon(ctx: Ctx, input: Input): Promise<RedeemedCoupon> {
  return withSecondTry(() => redeemOnce(ctx, input));
}

async function redeemOnce(ctx: Ctx, { tenantId, claimCode, amount, currency }: Input): Promise<RedeemedCoupon> {
  const now = ctx.clock.now();
  const code = readClaimCode(claimCode);
  const claim = code === null ? undefined : await findClaimByCode(ctx.db, { tenantId, code });
  if (!claim) throw new AppError(NOT_FOUND);
  requireOpen(claim, now);
  const shopper = await loadShopper(ctx.db, { tenantId, userId: claim.userId, now });
  const [state] = await loadCoupons(ctx.db, shopper, { claimIds: [claim.id] });
  if (!state) throw new AppError(NOT_FOUND);
  const known = amount === undefined ? null : (state.coupon.currency ?? shopper.currency);
  const cart = { currency: currency ?? known, subtotal: amount ?? null, productIds: null, lines: null };
  const question = questionOf(state, { shopper, purpose: 'till', cart, isHeld: true });
  const { reasons, missing, discount } = decideEligibility(state.coupon, question);
  if (reasons.length > 0) throw new AppError(COUPON_NOT_ELIGIBLE, { reasons, missing });
  return withTx(ctx, (tx) => redeem({ ...ctx, db: tx }, { claim, state, shopper, cart, discount }));
}

function requireOpen({ status, expiresAt }: ClaimRow, now: Date): void {
  const isOver = status === 'claimed' && expiresAt !== null && expiresAt <= now;
  if (status !== 'claimed' || isOver) throw new AppError(CLAIM_NOT_OPEN, { status: isOver ? 'expired' : status });
}

async function redeem(ctx: Ctx, { claim, state, shopper, cart, discount }: Redeeming): Promise<RedeemedCoupon> {
  const { db } = ctx;
  const { coupon } = state;
  const { tenantId, id: claimId } = claim;
  const { now } = shopper;
  const { currency, subtotal } = cart;
  const held = await hold(db, { claim, actor: ctx.actor, shopper });
  // In the order of a payment: the stock, what the person has, budgets, and the counters last.
  if (coupon.kind === 'product') await giveProduct(ctx, { claim: held, productId: coupon.productId, now });
  const first = coupon.firstPurchaseOnly ? await takeFirstPurchase(db, shopper) : [];
  const budgets = await takeBudgets(db, { coupon, shopper, discount: discount ?? 0, currency });
  const change = { subtotal, discount, currency, uses: [...held.uses, ...first], budgets };
  const row = await updateClaim(db, { tenantId, claimId, change });
  const data = presentClaim(row);
  await recordEvent(db, { tenantId, type: 'coupon.redeemed', objectId: claimId, data, now });
  const target = { type: 'coupon_claim', id: claimId };
  await recordChange(ctx, { db, tenantId, action: 'coupon.redeemed', target, after: data, now });
  await moveCounters(db, { tenantId, couponId: coupon.id, claimed: -1, redeemed: 1 });
  const sum = (value: number | null) => (value === null || currency === null ? null : { amount: value, currency });
  const total = subtotal === null || discount === null ? null : subtotal - discount;
  return { claim: data, discount: sum(discount), total: sum(total) };
}

type Gift = { claim: ClaimRow; productId: string | null; now: Date };

/** One of the coupon's product: effects of the claim, which a rollback takes back. */
async function giveProduct({ db, baseUrl }: Ctx, { claim, productId, now }: Gift): Promise<void> {
  const { tenantId, id: causeId, userId } = claim;
  const cause = { tenantId, causeType: 'claim' as const, causeId, userId, source: 'coupon' as const };
  const isGiven = productId && (await giveProducts(db, { ...cause, productId, quantity: 1, baseUrl, now }));
  if (!isGiven) throw new AppError(GIFT_OUT_OF_STOCK, productId ? { productIds: [productId] } : undefined);
}

type Holding = { claim: ClaimRow; actor: Actor; shopper: Shopper };

/** Of two tills one has it. */
async function hold(tx: Db, { claim, actor, shopper }: Holding): Promise<ClaimRow> {
  const { now, timezone } = shopper;
  const { tenantId, id: claimId } = claim;
  const redeemedBy = actor.type === 'user' ? actor.userId : actor.type === 'apiKey' ? actor.apiKeyId : null;
  const change = { status: 'redeemed' as const, redeemedAt: now, redeemedOn: localDay(timezone, now), redeemedBy };
  const row = await updateOpenClaim(tx, { tenantId, claimId, change, now });
  if (!row) throw new AppError(CLAIM_NOT_OPEN, { status: 'redeemed' });
  return row;
}
