import type { Db } from '#db/client.ts';
import { findCoupon } from '#db/queries/coupons.ts';
import { keepStripeCoupon, setSubscriptionCoupon } from '#db/queries/stripe-coupons.ts';
import { hasHadTrial, insertSubscription } from '#db/queries/subscriptions.ts';
import { findTenant } from '#db/queries/tenants.ts';
import type { TierRow } from '#db/queries/tiers.ts';
import type { AskedCoupon, PaymentItem } from '#schemas/payments.ts';
import type { Ctx } from '../../context.ts';
import { type PlannedUse, takeAll } from '../../coupons/steps/reserve-coupons.ts';
import { basisOf, isOnOffer, stripeTermsOf } from '../../coupons/stripe-rules.ts';
import { canonicalJson } from '../../lib/canonical-json.ts';
import { AppError } from '../../lib/errors.ts';
import { newId } from '../../lib/ids.ts';
import { hashToken } from '../../lib/secrets.ts';
import { addSeconds } from '../../lib/time.ts';
import { AMOUNT_TOO_SMALL } from '../../payments/errors.ts';
import { minimumOf } from '../../payments/rules.ts';
import { applyCoupons } from '../../payments/steps/apply-coupons.ts';
import { nextSubscriptionCheck } from '../rules.ts';

const DAY_SECONDS = 86_400;

type Opening = {
  ctx: Pick<Ctx, 'deps' | 'onceKey'>;
  tier: TierRow;
  userId: string;
  asked: AskedCoupon | null;
  now: Date;
};

/** A new subscription with the coupon that it holds, or null when the person has begun one at this very moment. */
export async function openSubscription(tx: Db, opening: Opening): Promise<string | null> {
  const { ctx, tier, userId, asked, now } = opening;
  const { tenantId } = tier;
  const subscriptionId = newId();
  const tenant = await findTenant(tx, tenantId);
  const trialDays = (await hasHadTrial(tx, { tenantId, userId })) ? 0 : tier.trialDays;
  const status = 'incomplete' as const;
  const checkAt = nextSubscriptionCheck({ status, periodEnd: null, createdAt: now }, now);
  const account = tenant?.stripeAccountId ?? null;
  const who = { tenantId, id: subscriptionId, userId, tierId: tier.id, account };
  const times = { checkAt, createdAt: now, updatedAt: now };
  const isMade = await insertSubscription(tx, { ...who, trialDays, status, onceKey: ctx.onceKey, ...times });
  if (!isMade) return null;
  if (asked) await takeCoupon(tx, { ...opening, asked, subscriptionId, account, trialDays });
  return subscriptionId;
}

/** What a coupon takes off each period that it is for is decided by the price of one. */
export function lineOf({ id: tierId, name, priceAmount, priceCurrency }: TierRow) {
  if (priceAmount === null || priceCurrency === null) throw new Error('the tier has no price');
  const what = { productId: null, tierId, name, sku: null, quantity: 1 };
  const line: PaymentItem = { ...what, unitAmount: priceAmount, amount: priceAmount };
  return { items: [line], subtotal: priceAmount, currency: priceCurrency };
}

type Taking = Opening & { asked: AskedCoupon; subscriptionId: string; account: string | null; trialDays: number };

async function takeCoupon(tx: Db, taking: Taking): Promise<void> {
  const { ctx, tier, userId, asked, subscriptionId, now } = taking;
  const { tenantId } = tier;
  const priced = lineOf(tier);
  const { subtotal, currency } = priced;
  const { plan, shopper, discount } = await applyCoupons(tx, { tenantId, userId, asked: [asked], priced, now });
  const [minimum, amount] = [minimumOf(currency), subtotal - discount];
  if (amount > 0 && amount < minimum) throw new AppError(AMOUNT_TOO_SMALL, { minimum, currency });
  const [use] = plan;
  // One that takes nothing off is not used up.
  if (!use) return;
  await keepTerms(tx, { ...taking, use, currency });
  await takeAll(tx, { plan, shopper, bill: { paymentId: null, subscriptionId, subtotal, currency } });
  const couponId = use.state.coupon.id;
  const coupon = await findCoupon(tx, { tenantId, couponId });
  const isUsedUp = coupon !== undefined && isOnOffer(coupon, now) !== true;
  if (isUsedUp) await ctx.deps.jobs.enqueue(tx, 'syncCoupon', { tenantId, couponId });
}

type Keeping = Taking & { use: PlannedUse; currency: string };

/** Written down before anything is made of it: whoever begins goes on as they began, whatever the coupon is by then. */
async function keepTerms(tx: Db, { tier, subscriptionId, account, trialDays, use, currency, now }: Keeping) {
  const { tenantId } = tier;
  const { coupon } = use.state;
  const paidAt = trialDays > 0 ? addSeconds(now, trialDays * DAY_SECONDS) : null;
  const terms = stripeTermsOf(coupon, { discount: use.discount, currency, paidAt, now });
  const what = { basis: basisOf(coupon), terms, termsKey: hashToken(canonicalJson(terms)) };
  const kept = await keepStripeCoupon(tx, { tenantId, id: newId(), couponId: coupon.id, account, ...what, now });
  await setSubscriptionCoupon(tx, { tenantId, subscriptionId, stripeCouponId: kept.id });
}
