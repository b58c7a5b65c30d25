import type { Eligibility } from '#schemas/coupon-claims.ts';
import type { Ctx } from '../context.ts';
import { AppError, FORBIDDEN } from '../lib/errors.ts';
import { rolesIn } from '../payments/steps/roles-in.ts';
import type { Cart } from './discount-rules.ts';
import { presentDecision } from './present-decision.ts';
import { decideEligibility } from './rules.ts';
import { loadCoupon, loadShopper, questionOf, type Shopper } from './steps/load-coupons.ts';

type Input = {
  tenantId: string;
  couponId: string;
  amount?: number | undefined;
  currency?: string | undefined;
  productIds?: string[] | undefined;
  userId?: string | undefined;
};

/** Whether the coupon could be claimed and used, with every reason against it. It has no effect. */
export async function checkEligibility(ctx: Ctx, { tenantId, couponId, ...input }: Input): Promise<Eligibility> {
  const now = ctx.clock.now();
  const userId = await subjectOf(ctx, { tenantId, asked: input.userId });
  const shopper = await loadShopper(ctx.db, { tenantId, userId, now });
  const state = await loadCoupon(ctx.db, shopper, couponId);
  const cart = cartOf(input, { own: state.coupon.currency, shopper });
  const decision = decideEligibility(state.coupon, questionOf(state, { shopper, purpose: 'claim', cart }));
  return presentDecision(decision, cart);
}

type About = { tenantId: string; asked: string | undefined };

/** Who it is about: the caller, or for the brand's team and keys one of its customers, if they name one. */
async function subjectOf(ctx: Ctx, { tenantId, asked }: About): Promise<string | null> {
  const own = ctx.actor.type === 'user' ? ctx.actor.userId : null;
  if (asked === undefined || asked === own) return own;
  const can = await rolesIn(ctx, tenantId);
  if (!can('staff')) throw new AppError(FORBIDDEN);
  return asked;
}

function cartOf(
  { amount, currency, productIds }: Input | Omit<Input, 'tenantId' | 'couponId'>,
  about: { own: string | null; shopper: Shopper },
): Cart {
  const isKnown = amount !== undefined;
  return {
    currency: currency ?? (isKnown ? (about.own ?? about.shopper.currency) : null),
    subtotal: amount ?? null,
    // A cart that is told has no more in it than is told.
    productIds: productIds ?? (isKnown ? [] : null),
    lines: null,
  };
}
