import type { ClaimStatus } from '#schemas/coupon-claims.ts';
import type {
  BudgetMeasure,
  CouponHours,
  CouponPeriod,
  CouponReason,
  PerUserPeriod,
  Weekday,
} from '#schemas/coupons.ts';
import { instantAtWall, startOfWallDay, wallTime, weekdayOfWall } from '../lib/zoned-time.ts';
import { type Cart, computeDiscount, isFor, type MoneyTerms, sumsIn } from './discount-rules.ts';

/** Which status of a use may follow which. What was given back stays so. */
const TRANSITIONS = {
  claimed: ['reserved', 'redeemed', 'released', 'expired'],
  reserved: ['redeemed', 'released'],
  redeemed: ['released'],
  released: [],
  expired: [],
} as const satisfies Record<ClaimStatus, readonly ClaimStatus[]>;

export function canMove(from: ClaimStatus, to: ClaimStatus): boolean {
  return (TRANSITIONS[from] as readonly ClaimStatus[]).includes(to);
}

/** Which of its coupon's three counters a use stands in. */
export function counterOf(status: ClaimStatus): 'claimed' | 'reserved' | 'redeemed' | null {
  return status === 'released' || status === 'expired' ? null : status;
}

export type Terms = MoneyTerms & {
  startsAt: Date | null;
  endsAt: Date | null;
  hours: readonly CouponHours[];
  maxPerUser: number | null;
  perUserPeriod: PerUserPeriod | null;
  firstPurchaseOnly: boolean;
  tierIds: readonly string[];
  public: boolean;
  stackable: boolean;
  active: boolean;
  pausedAt: Date | null;
  archivedAt: Date | null;
};

/** How far it is used up: by all, and by this person under whatever they are known. What is overdue is not counted. */
export type Usage = {
  maxRedemptions: number | null;
  taken: number;
  /** How many codes for one person each it has. */
  codes: number;
  uses: readonly { period: CouponPeriod; used: number }[];
  /** Coupons for a first purchase that this person has in payments now. */
  firstPurchases: number;
  budgets: readonly { measure: BudgetMeasure; period: CouponPeriod; currency: string; used: number }[];
  hasOpenClaim: boolean;
};

export type Member = { isMember: boolean; tierId: string | null; hasBought: boolean };

/** What is about to be done: to claim it; to use it at once, in a payment or by a claim, at the till or not at all. */
export type Purpose = 'claim' | 'use' | 'till';
export type Question = {
  purpose: Purpose;
  usage: Usage;
  /** Null when nobody is known: nothing of them is asked then. */
  member: Member | null;
  cart: Cart;
  /** A claim of theirs is being used: it was counted when it was made. */
  isHeld: boolean;
  /** The code that was typed, if one was: the coupon's own, or one for one person. */
  code: { isUsed: boolean } | null;
  timezone: string;
  now: Date;
};

export type MissingFacts = {
  amount?: number;
  startsAt?: Date;
  nextWindowAt?: Date;
  products?: string[];
  tiers?: string[];
};
export type Decision = { reasons: CouponReason[]; missing: MissingFacts; discount: number | null };

/**
 * Whether a coupon may be used, by all that is known: every reason against it, what is missing, and what it would take off.
 * The one rule of eligibility, claim, payment, till and validation (CP3).
 */
export function decideEligibility(terms: Terms, question: Question): Decision {
  const missing: MissingFacts = {};
  const discount = computeDiscount(terms, question.cart);
  const reasons = [
    ...reasonsOfTime(terms, question, missing),
    ...reasonsOfLimits(terms, question, discount),
    ...reasonsOfMember(terms, question, missing),
    ...reasonsOfCart(terms, question, { missing, discount }),
  ];
  return { reasons, missing, discount: reasons.length === 0 ? discount : null };
}

function reasonsOfTime(terms: Terms, { timezone, now }: Question, missing: MissingFacts): CouponReason[] {
  const reasons: CouponReason[] = [];
  if (!terms.active || terms.pausedAt !== null || terms.archivedAt !== null) reasons.push('DISABLED');
  if (terms.startsAt !== null && now < terms.startsAt) {
    reasons.push('NOT_STARTED');
    missing.startsAt = terms.startsAt;
  }
  if (terms.endsAt !== null && now >= terms.endsAt) reasons.push('EXPIRED');
  if (!isWithinHours(terms.hours, { timezone, now })) {
    reasons.push('OUTSIDE_WINDOW');
    const next = nextOpening(terms.hours, { timezone, now });
    if (next) missing.nextWindowAt = next;
  }
  return reasons;
}

function reasonsOfLimits(terms: Terms, question: Question, discount: number | null): CouponReason[] {
  const { usage, isHeld, member, code, purpose } = question;
  const reasons: CouponReason[] = [];
  const isFull = usage.maxRedemptions !== null && usage.taken >= usage.maxRedemptions;
  if (!isHeld && (isFull || code?.isUsed)) reasons.push('QUANTITY_EXCEEDED');
  if (terms.budgets.some((budget) => isSpent(budget, question, discount))) reasons.push('BUDGET_EXHAUSTED');
  if (!isHeld && usage.codes > 0 && !terms.public && code === null) reasons.push('CODE_REQUIRED');
  if (!member) return reasons;
  if (!isHeld && limitsOf(terms).some((limit) => usedIn(usage, limit.period) >= limit.limit)) {
    reasons.push('CUSTOMER_LIMIT');
  }
  if (terms.firstPurchaseOnly && (member.hasBought || usage.firstPurchases > 0)) reasons.push('NOT_FIRST_PURCHASE');
  if (purpose === 'claim' && usage.hasOpenClaim) reasons.push('ALREADY_CLAIMED');
  return reasons;
}

/** How often one person may use it, in which period. */
export function limitsOf({ maxPerUser, perUserPeriod }: Pick<Terms, 'maxPerUser' | 'perUserPeriod'>) {
  return [
    ...(maxPerUser === null ? [] : [{ period: 'all' as const, limit: maxPerUser }]),
    ...(perUserPeriod === null ? [] : [{ period: perUserPeriod.every, limit: perUserPeriod.limit }]),
  ];
}

function usedIn({ uses }: Usage, period: CouponPeriod): number {
  return Math.max(0, ...uses.filter((one) => one.period === period).map(({ used }) => used));
}

function isSpent(budget: Terms['budgets'][number], { usage, cart }: Question, discount: number | null): boolean {
  const { measure, period, limit } = budget;
  const currency = measure === 'discount' ? (budget.currency ?? '') : '';
  if (measure === 'discount' && cart.currency !== null && cart.currency !== currency) return false;
  const row = usage.budgets.find(
    (one) => one.measure === measure && one.period === period && one.currency === currency,
  );
  const next = measure === 'discount' ? Math.max(discount ?? 1, 1) : 1;
  return (row?.used ?? 0) + next > limit;
}

function reasonsOfMember(terms: Terms, { member }: Question, missing: MissingFacts): CouponReason[] {
  if (!member || terms.tierIds.length === 0) return [];
  if (member.isMember && member.tierId !== null && terms.tierIds.includes(member.tierId)) return [];
  missing.tiers = [...terms.tierIds];
  return [member.isMember ? 'TIER_REQUIRED' : 'NOT_A_MEMBER'];
}

type Sum = { missing: MissingFacts; discount: number | null };

function reasonsOfCart(terms: Terms, { cart, purpose }: Question, { missing, discount }: Sum): CouponReason[] {
  const reasons: CouponReason[] = [];
  const sums = cart.currency === null ? null : sumsIn(terms, cart.currency);
  if (cart.currency !== null && sums === null) reasons.push('CURRENCY_MISMATCH');
  const wanted = terms.kind === 'product' && terms.productId !== null ? [terms.productId] : terms.productIds;
  // Before a claim nobody knows what will be bought, and at the till its staff sees it.
  if (wanted.length > 0 && cart.productIds !== null && !cart.productIds.some((id) => isFor(wanted, id))) {
    reasons.push('PRODUCT_REQUIRED');
    missing.products = [...wanted];
  }
  const minimum = sums?.minSubtotal ?? 0;
  const isUnknown = cart.subtotal === null && purpose === 'till';
  if (minimum > 0 && (isUnknown || (cart.subtotal !== null && cart.subtotal < minimum))) {
    reasons.push('MIN_AMOUNT');
    missing.amount = minimum - (cart.subtotal ?? 0);
  }
  const isCounted = terms.kind !== 'product' && terms.budgets.some(({ measure }) => measure === 'discount');
  if (isUnknown && isCounted && discount === null) reasons.push('AMOUNT_REQUIRED');
  return reasons;
}

const MINUTE = 60_000;
const DAY = 86_400_000;
const WEEKDAYS: readonly Weekday[] = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

const minutesOf = (time: string) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));

type Moment = { timezone: string; now: Date };

/** Whether one of the windows is open by the clock of the brand. One that ends before it begins ends the next day. */
export function isWithinHours(hours: readonly CouponHours[], { timezone, now }: Moment): boolean {
  if (hours.length === 0) return true;
  const wall = wallTime(timezone, now);
  const minute = (wall - startOfWallDay(wall)) / MINUTE;
  const today = WEEKDAYS[weekdayOfWall(wall)] as Weekday;
  const yesterday = WEEKDAYS[(weekdayOfWall(wall) + 6) % 7] as Weekday;
  return hours.some(({ days, from, to }) => {
    const [start, end] = [minutesOf(from), minutesOf(to)];
    if (start < end) return days.includes(today) && minute >= start && minute < end;
    return (days.includes(today) && minute >= start) || (days.includes(yesterday) && minute < end);
  });
}

/** When the next window opens. */
export function nextOpening(hours: readonly CouponHours[], { timezone, now }: Moment): Date | undefined {
  const midnight = startOfWallDay(wallTime(timezone, now));
  const openings = Array.from({ length: 8 }, (_, ahead) => midnight + ahead * DAY).flatMap((day) => {
    const weekday = WEEKDAYS[weekdayOfWall(day)] as Weekday;
    const open = hours.filter(({ days }) => days.includes(weekday));
    return open.map(({ from }) => instantAtWall(timezone, day + minutesOf(from) * MINUTE));
  });
  return openings.filter((at) => at > now).sort((a, b) => a.getTime() - b.getTime())[0];
}

/** How a code is compared: without regard to case, and ASCII alone, whatever looks like it. Null: no code at all. */
export function codeKeyOf(code: string): string | null {
  return /^[\w-]{3,40}$/.test(code) ? code.toUpperCase() : null;
}

const ROLLBACK_MONTHS = 3;

/** A redemption can be taken back for three months (CP6). */
export function canRollBack(redeemedAt: Date, now: Date): boolean {
  const end = new Date(redeemedAt);
  end.setUTCMonth(end.getUTCMonth() + ROLLBACK_MONTHS);
  return now < end;
}
