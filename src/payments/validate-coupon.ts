import type { CouponState } from '#db/queries/coupon-states.ts';
import type { CouponValidation, ValidateCouponBody } from '#schemas/subscriptions.ts';
import type { Ctx } from '../context.ts';
import { type Cart, NO_CART } from '../coupons/discount-rules.ts';
import { cartOf as cartOfOrder } from '../coupons/order-rules.ts';
import { loadShopper } from '../coupons/steps/load-coupons.ts';
import { type Resolved, resolveCoupons } from '../coupons/steps/resolve-coupons.ts';
import { priceOrder } from './steps/price-order.ts';

/** What coupons would take off, without taking them. */
export async function validateCoupon(ctx: Ctx, body: ValidateCouponBody): Promise<CouponValidation> {
  const { tenantId, code, coupons = [] } = body;
  const { actor } = ctx;
  const now = ctx.clock.now();
  const shopper = await loadShopper(ctx.db, { tenantId, userId: actor.type === 'user' ? actor.userId : null, now });
  const cart = await cartOf(ctx, body, now);
  const asked = code === undefined ? coupons : [{ code }];
  const isOwnKey = actor.type === 'apiKey' && actor.tenantId === tenantId;
  const isInsider = isOwnKey || (shopper.member?.isMember ?? false);
  return answer(await resolveCoupons(ctx.db, { shopper, asked, cart, isInsider }), cart);
}

async function cartOf(ctx: Ctx, { tenantId, items, amount, currency }: ValidateCouponBody, now: Date): Promise<Cart> {
  if (items === undefined) {
    const isKnown = amount !== undefined && currency !== undefined;
    return isKnown ? { currency, subtotal: amount, productIds: [], lines: null } : NO_CART;
  }
  const userId = ctx.actor.type === 'user' ? ctx.actor.userId : null;
  return cartOfOrder(await priceOrder(ctx.db, { tenantId, userId, items, now }));
}

function answer(resolved: Resolved, { currency, subtotal }: Cart): CouponValidation {
  const sum = (amount: number | null) => (amount === null || currency === null ? null : { amount, currency });
  if (!resolved.ok) {
    const { reasons, missing } = resolved;
    const reason = reasons[0] ?? null;
    return { valid: false, reason, reasons, missing, coupon: null, coupons: [], discount: null, total: sum(subtotal) };
  }
  const { states, applied, skipped, discount } = resolved;
  const coupons = states.map((state, index) => {
    const known = applied.find((one) => one.index === index);
    const isTold = subtotal !== null;
    return {
      ...shown(state),
      discount: isTold ? (known?.discount ?? 0) : null,
      skipped: isTold && skipped.includes(index),
    };
  });
  const [first] = states;
  const off = subtotal === null ? null : discount;
  return {
    ...{ valid: true, reason: null, reasons: [], missing: {}, coupons },
    coupon: first ? shown(first) : null,
    discount: sum(off),
    total: sum(off === null || subtotal === null ? null : subtotal - off),
  };
}

function shown({ coupon, code, claim }: CouponState) {
  return { id: coupon.id, code: code?.code ?? claim?.code ?? '', name: coupon.name };
}
