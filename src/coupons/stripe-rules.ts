import type { CouponDuration, CouponKind, MoneyOptions } from '#schemas/coupons.ts';
import type { StripeCouponTerms } from '#schemas/subscriptions.ts';
import { canonicalJson } from '../lib/canonical-json.ts';
import { hashToken } from '../lib/secrets.ts';

type Gift = {
  name: string;
  kind: CouponKind;
  percentOff: number | null;
  amountOff: number | null;
  currency: string | null;
  currencyOptions: Readonly<Record<string, MoneyOptions>>;
  maxDiscount: number | null;
  duration: CouponDuration;
  durationInMonths: number | null;
};
/** What it takes off the first period, and when that is paid: a trial is paid when it ends. */
type Period = { discount: number; currency: string; paidAt: Date | null; now: Date };

const MAX_NAME = 40;

/** What the processor's coupon is made from: when it changes, another one is made. */
export function basisOf(gift: Gift): string {
  const { name, kind, percentOff, amountOff, currency, currencyOptions, maxDiscount } = gift;
  const { duration, durationInMonths } = gift;
  const sums = { percentOff, amountOff, currency, currencyOptions, maxDiscount };
  return hashToken(canonicalJson({ name, kind, ...sums, duration, durationInMonths }));
}

/**
 * Our coupon in the processor's words. It knows no limit for a percentage: one that has a limit is the sum that it takes
 * off now. Its months run from the start of the subscription: those of a trial are added, so that they are months of
 * payments, and a trial does not use up what counts once.
 */
export function stripeTermsOf(gift: Gift, { discount, currency, paidAt, now }: Period): StripeCouponTerms {
  const isLimited = gift.maxDiscount !== null || Object.values(gift.currencyOptions).some((one) => one.maxDiscount);
  const isPlain = gift.kind === 'percent' && !isLimited;
  const sums = isPlain
    ? { percentOff: gift.percentOff, amountOff: null, currency: null }
    : { percentOff: null, amountOff: discount, currency };
  const trialMonths = paidAt === null ? 0 : monthsUntil(paidAt, now);
  const payments = gift.duration === 'once' ? 1 : gift.durationInMonths;
  const isCounted = gift.duration === 'repeating' || (gift.duration === 'once' && trialMonths > 0);
  const months = isCounted && payments !== null ? payments - 1 + Math.max(trialMonths, 1) : null;
  const duration = isCounted ? ('repeating' as const) : gift.duration;
  return { name: gift.name.slice(0, MAX_NAME), ...sums, duration, months };
}

/** The least number of months that end after the instant. */
function monthsUntil(instant: Date, now: Date): number {
  let months = 1;
  while (monthsAfter(now, months) <= instant) months += 1;
  return months;
}

function monthsAfter(start: Date, months: number): Date {
  const [year, month, day] = [start.getUTCFullYear(), start.getUTCMonth() + months, start.getUTCDate()];
  const last = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  const end = new Date(start);
  end.setUTCFullYear(year, month, Math.min(day, last));
  return end;
}

type Offer = {
  active: boolean;
  pausedAt: Date | null;
  archivedAt: Date | null;
  startsAt: Date | null;
  endsAt: Date | null;
  maxRedemptions: number | null;
  claimed: number;
  reserved: number;
  redeemed: number;
};

/** Whether its promotion code may be used now; null: never again, unless somebody changes the coupon. */
export function isOnOffer(offer: Offer, now: Date): boolean | null {
  const { active, pausedAt, archivedAt, startsAt, endsAt, maxRedemptions, claimed, reserved, redeemed } = offer;
  if (!active || pausedAt !== null || archivedAt !== null || (endsAt !== null && endsAt <= now)) return null;
  if (startsAt !== null && startsAt > now) return false;
  return maxRedemptions === null || claimed + reserved + redeemed < maxRedemptions;
}
