import type { CouponState } from '#db/queries/coupon-states.ts';
import type { EligibleBody, EligibleCoupon } from '#schemas/coupon-claims.ts';
import type { Ctx } from '../context.ts';
import { priceOrder } from '../payments/steps/price-order.ts';
import { type Cart, NO_CART } from './discount-rules.ts';
import { cartOf as cartOfOrder } from './order-rules.ts';
import { presentPublicCoupon } from './present-coupon.ts';
import { presentDecision } from './present-decision.ts';
import { decideEligibility } from './rules.ts';
import { isOpen, loadOffered, loadShopper, questionOf, type Shopper } from './steps/load-coupons.ts';

type Input = EligibleBody & { tenantId: string };

/** The public coupons and the caller's claims against one cart, the best first. It has no effect. */
export async function listEligibleCoupons(ctx: Ctx, { tenantId, ...body }: Input): Promise<EligibleCoupon[]> {
  const now = ctx.clock.now();
  const userId = ctx.actor.type === 'user' ? ctx.actor.userId : null;
  const shopper = await loadShopper(ctx.db, { tenantId, userId, now });
  const cart = await cartOf(ctx, { tenantId, userId, body, now });
  const states = await loadOffered(ctx.db, shopper);
  const judged = states.map((state) => judge(state, { shopper, cart }));
  const worth = ({ eligible, discount }: EligibleCoupon) => (eligible ? 1 + (discount?.amount ?? 0) : 0);
  return judged.sort((a, b) => worth(b) - worth(a));
}

type Asking = { tenantId: string; userId: string | null; body: EligibleBody; now: Date };

async function cartOf(ctx: Ctx, { tenantId, userId, body, now }: Asking): Promise<Cart> {
  const { items, amount, currency } = body;
  if (items !== undefined) return cartOfOrder(await priceOrder(ctx.db, { tenantId, userId, items, now }));
  if (amount === undefined || currency === undefined) return NO_CART;
  return { currency, subtotal: amount, productIds: [], lines: null };
}

function judge(state: CouponState, { shopper, cart }: { shopper: Shopper; cart: Cart }): EligibleCoupon {
  const { coupon } = state;
  const claim = isOpen(state, shopper) ? state.claim : null;
  const question = questionOf(state, { shopper, purpose: 'use', cart, isHeld: claim !== null });
  const decision = presentDecision(decideEligibility(coupon, question), cart);
  return { coupon: presentPublicCoupon(coupon), claimId: claim?.id ?? null, ...decision };
}
