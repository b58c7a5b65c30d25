import type { CouponPeriod, CouponReason } from '#schemas/coupons.ts';
import { startOfPeriod } from '../lib/zoned-time.ts';
import { unaliasEmail } from './identity-rules.ts';
import { cartOf } from './order-rules.ts';
import { decideEligibility, limitsOf, type Member, type Terms, type Usage } from './rules.ts';

export type PastPayment = {
  userId: string;
  email: string | null;
  createdAt: Date;
  currency: string;
  subtotal: number;
  items: readonly { productId: string | null; quantity: number; unitAmount: number; amount: number }[];
  member: Member;
};
type Sums = { currency: string; redemptions: number; subtotal: number; discount: number; revenue: number };

/** How far a simulation is. */
export type Simulation = {
  terms: Terms & { maxRedemptions: number | null };
  timezone: string;
  /** Uses of persons and of budgets, by their period. */
  used: Map<string, number>;
  refused: Map<CouponReason, number>;
  sums: Map<string, Sums>;
  payments: number;
  eligiblePayments: number;
  redemptions: number;
};

/** A coupon as if it had run all the time, whatever it says of its beginning and end: a draft begins later. */
export function startSimulation(draft: Simulation['terms'], timezone: string): Simulation {
  const terms = { ...draft, active: true, pausedAt: null, archivedAt: null, startsAt: null, endsAt: null };
  const counts = { payments: 0, eligiblePayments: 0, redemptions: 0 };
  return { terms, timezone, used: new Map(), refused: new Map(), sums: new Map(), ...counts };
}

const LIMITS: readonly CouponReason[] = ['QUANTITY_EXCEEDED', 'BUDGET_EXHAUSTED', 'CUSTOMER_LIMIT'];

/** The next payment, in the order of time, by the one rule. */
export function simulatePayment(simulation: Simulation, payment: PastPayment): void {
  const { terms, timezone, refused } = simulation;
  const { createdAt: now, member } = payment;
  const usage = usageOf(simulation, payment);
  const about = { purpose: 'use' as const, usage, member, cart: cartOf(payment), isHeld: false, code: null };
  const { reasons, discount } = decideEligibility(terms, { ...about, timezone, now });
  simulation.payments += 1;
  if (reasons.every((reason) => LIMITS.includes(reason))) simulation.eligiblePayments += 1;
  for (const reason of reasons) refused.set(reason, (refused.get(reason) ?? 0) + 1);
  if (discount !== null && discount > 0) redeem(simulation, { payment, discount });
}

function redeem(simulation: Simulation, { payment, discount }: { payment: PastPayment; discount: number }): void {
  const { used, sums } = simulation;
  const { currency, subtotal } = payment;
  const old = sums.get(currency) ?? { currency, redemptions: 0, subtotal: 0, discount: 0, revenue: 0 };
  sums.set(currency, {
    currency,
    redemptions: old.redemptions + 1,
    subtotal: old.subtotal + subtotal,
    discount: old.discount + discount,
    revenue: old.revenue + subtotal - discount,
  });
  simulation.redemptions += 1;
  const add = (key: string, amount: number) => used.set(key, (used.get(key) ?? 0) + amount);
  for (const key of usesOf(simulation, payment).flatMap(({ keys }) => keys)) add(key, 1);
  for (const { measure, key } of budgetsOf(simulation, payment)) add(key, measure === 'discount' ? discount : 1);
}

function usageOf(simulation: Simulation, payment: PastPayment): Usage {
  const { terms, used, redemptions: taken } = simulation;
  const usedOf = (key: string) => used.get(key) ?? 0;
  return {
    maxRedemptions: terms.maxRedemptions,
    taken,
    codes: 0,
    uses: usesOf(simulation, payment).map(({ period, keys }) => ({ period, used: Math.max(...keys.map(usedOf)) })),
    firstPurchases: 0,
    budgets: budgetsOf(simulation, payment).map(({ key, ...budget }) => ({ ...budget, used: usedOf(key) })),
    hasOpenClaim: false,
  };
}

/** A person is their account and their address; the cards of the time are not looked at. */
function usesOf(simulation: Simulation, { userId, email, createdAt }: PastPayment) {
  const names = [userId, ...(email === null ? [] : [unaliasEmail(email)])];
  return limitsOf(simulation.terms).map(({ period }) => {
    const start = startOf(simulation, period, createdAt);
    return { period, keys: names.map((name) => `${name}|${period}|${start}`) };
  });
}

function budgetsOf(simulation: Simulation, { createdAt, currency: paid }: PastPayment) {
  const ours = simulation.terms.budgets.filter((one) => one.measure === 'redemptions' || one.currency === paid);
  return ours.map(({ measure, period, currency: own = '' }) => {
    const currency = measure === 'discount' ? own : '';
    const key = `${measure}|${period}|${startOf(simulation, period, createdAt)}|${currency}`;
    return { measure, period, currency, key };
  });
}

function startOf({ timezone }: Simulation, period: CouponPeriod, at: Date): number {
  return startOfPeriod(timezone, at, period).getTime();
}

export function resultOf({ payments, eligiblePayments, redemptions, refused, sums }: Simulation) {
  return {
    ...{ payments, eligiblePayments, redemptions },
    refused: [...refused].map(([reason, count]) => ({ reason, payments: count })),
    currencies: [...sums.values()].sort((a, b) => (a.currency < b.currency ? -1 : 1)),
  };
}
