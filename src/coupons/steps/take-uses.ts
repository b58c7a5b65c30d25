import type { Db } from '#db/client.ts';
import type { ClaimRow } from '#db/queries/coupon-claims.ts';
import type { CouponState } from '#db/queries/coupon-states.ts';
import { takeBudget, takeUses, type Uses } from '#db/queries/coupon-uses.ts';
import type { CouponRow } from '#db/queries/coupons.ts';
import type { TakenBudget, TakenUse } from '#schemas/coupon-claims.ts';
import type { CouponBudget } from '#schemas/coupons.ts';
import { newId } from '../../lib/ids.ts';
import { newClaimCode } from '../../lib/random-codes.ts';
import { limitsOf } from '../rules.ts';
import type { Shopper } from './load-coupons.ts';
import { TakenMeanwhile } from './taken-meanwhile.ts';

const MANY = 2_147_483_647;

function startOf({ periods }: Shopper, period: TakenUse['period']): Date {
  return periods.find((one) => one.period === period)?.start ?? new Date(0);
}

/** What one use takes of a person's limits. That of all time is counted without a limit too, for one that is set later. */
export function usesOf(coupon: CouponRow, shopper: Shopper): Uses[] {
  const { tenantId, identities } = shopper;
  const limits = limitsOf(coupon);
  const all = limits.some(({ period }) => period === 'all') ? [] : [{ period: 'all' as const, limit: MANY }];
  return [...all, ...limits].map(({ period, limit }) => ({
    ...{ tenantId, scopeId: coupon.id, identities },
    ...{ period, limit, start: startOf(shopper, period) },
  }));
}

/** Of a coupon for a first purchase a person has one at a time, of all that the brand has. */
export function firstPurchaseOf({ tenantId, identities }: Shopper): Uses {
  return { tenantId, scopeId: tenantId, identities, period: 'all', start: new Date(0), limit: 1 };
}

/** As its claim remembers it. */
export function takenOf(uses: readonly Uses[]): TakenUse[] {
  return uses.flatMap(({ identities, scopeId, period, start }) =>
    identities.map((identity) => ({ scopeId, identity, period, start: start.toISOString() })),
  );
}

export async function takeOrRefuse(tx: Db, uses: Uses): Promise<void> {
  if (await takeUses(tx, uses)) return;
  throw new TakenMeanwhile(uses.scopeId === uses.tenantId ? 'NOT_FIRST_PURCHASE' : 'CUSTOMER_LIMIT');
}

export async function takeFirstPurchase(tx: Db, shopper: Shopper): Promise<TakenUse[]> {
  const uses = firstPurchaseOf(shopper);
  await takeOrRefuse(tx, uses);
  return takenOf([uses]);
}

type Spending = { coupon: CouponRow; shopper: Shopper; discount: number; currency: string | null };

/** What a redemption takes of the coupon's budgets. */
export async function takeBudgets(tx: Db, spending: Spending): Promise<TakenBudget[]> {
  const { coupon, shopper, discount, currency } = spending;
  const taken: TakenBudget[] = [];
  const placeOf = ({ measure, period, currency = '' }: CouponBudget) => `${measure} ${period} ${currency}`;
  // In the order in which they are given back, however the coupon lists them.
  const sorted = [...coupon.budgets].sort((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1));
  for (const { measure, period, limit, currency: of = '' } of sorted) {
    const amount = measure === 'discount' ? discount : 1;
    if (amount === 0 || (measure === 'discount' && of !== currency)) continue;
    const start = startOf(shopper, period).toISOString();
    const budget = { measure, period, start, currency: of, amount };
    const { tenantId, id: couponId } = coupon;
    if (!(await takeBudget(tx, { tenantId, couponId, ...budget, limit }))) throw new TakenMeanwhile('BUDGET_EXHAUSTED');
    taken.push(budget);
  }
  return taken;
}

/** A new use of the coupon by this person, before anything is taken for it. */
export function newClaim(
  { coupon, code }: CouponState,
  { shopper, userId }: { shopper: Shopper; userId: string },
): ClaimRow {
  const { tenantId, now } = shopper;
  return {
    tenantId,
    id: newId(),
    couponId: coupon.id,
    userId,
    promotionCodeId: code?.singleUse ? code.id : null,
    code: newClaimCode(),
    status: 'claimed',
    claimedAt: now,
    expiresAt: null,
    paymentId: null,
    subscriptionId: null,
    subtotal: null,
    discount: null,
    currency: null,
    redeemedAt: null,
    redeemedOn: null,
    redeemedBy: null,
    releasedAt: null,
    releaseReason: null,
    uses: takenOf(usesOf(coupon, shopper)),
    budgets: [],
  };
}
