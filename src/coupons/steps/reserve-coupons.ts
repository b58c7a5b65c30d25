import type { Db } from '#db/client.ts';
import { type ClaimRow, insertClaim, updateClaim, updateOpenClaim } from '#db/queries/coupon-claims.ts';
import type { CouponState } from '#db/queries/coupon-states.ts';
import { byUse, moveCounters, takeCode } from '#db/queries/coupon-uses.ts';
import { recordEffects } from '../../effects/record-effects.ts';
import { isOpen, type Shopper } from './load-coupons.ts';
import { firstPurchaseOf, newClaim, takeBudgets, takenOf, takeOrRefuse, usesOf } from './take-uses.ts';
import { TakenMeanwhile } from './taken-meanwhile.ts';

/** A coupon that takes something off a payment: by a claim that its buyer has, or by a new use of it. */
export type PlannedUse = { state: CouponState; claim: ClaimRow; isNew: boolean; discount: number };

type Planning = { state: CouponState; shopper: Shopper; userId: string; discount: number };

export function planUse({ state, shopper, userId, discount }: Planning): PlannedUse {
  const { claim } = state;
  if (claim && isOpen(state, shopper)) return { state, claim, isNew: false, discount };
  return { state, claim: newClaim(state, { shopper, userId }), isNew: true, discount };
}

type Reserving = { plan: readonly PlannedUse[]; shopper: Shopper; userId: string; payment: Paying };
type Paying = { id: string; subtotal: number; currency: string };
/** What holds a use until it is paid for, or given up. */
type Bill = { paymentId: string | null; subscriptionId: string | null; subtotal: number; currency: string };

/** Takes the coupons of a payment, which holds them until it is settled or given up: effects of it. */
export async function reserveCoupons(tx: Db, { plan, shopper, userId, payment }: Reserving): Promise<void> {
  const { tenantId, now } = shopper;
  const { id: paymentId, subtotal, currency } = payment;
  await takeAll(tx, { plan, shopper, bill: { paymentId, subscriptionId: null, subtotal, currency } });
  const given = plan.map(({ claim }) => ({ targetId: claim.id, quantity: 1 }));
  await recordEffects(tx, { tenantId, causeType: 'payment', causeId: paymentId, userId, kind: 'coupon', given, now });
}

type Taking = { plan: readonly PlannedUse[]; shopper: Shopper; bill: Bill };

/**
 * Takes the coupons of a bill. Those of a subscription are effects of its first payment, once there is one. As what is given
 * back, row by row of each kind in one order, so that nobody waits in a circle; the counters last: everybody waits for them.
 */
export async function takeAll(tx: Db, taking: Taking): Promise<void> {
  const { shopper } = taking;
  const { tenantId } = shopper;
  const plan = [...taking.plan].sort((a, b) => (a.state.coupon.id < b.state.coupon.id ? -1 : 1));
  const claims = new Map<PlannedUse, ClaimRow>();
  for (const use of plan) claims.set(use, await holdClaim(tx, { ...taking, use }));
  await takeUsesOf(tx, { ...taking, plan });
  for (const [use, claim] of claims) await reserveClaim(tx, { ...taking, plan, use, claim });
  for (const { state, isNew } of plan) {
    const move = { reserved: 1, claimed: isNew ? 0 : -1 };
    const isLeft = await moveCounters(tx, { tenantId, couponId: state.coupon.id, ...move });
    if (!isLeft) throw new TakenMeanwhile('QUANTITY_EXCEEDED');
  }
}

type TakingOne = Taking & { use: PlannedUse };

/** A claim that the buyer has is theirs for this bill from now on. */
async function holdClaim(tx: Db, { use, shopper, bill }: TakingOne): Promise<ClaimRow> {
  if (use.isNew) return use.claim;
  const { tenantId, now } = shopper;
  const { paymentId, subscriptionId } = bill;
  const change = { status: 'reserved' as const, paymentId, subscriptionId };
  const held = await updateOpenClaim(tx, { tenantId, claimId: use.claim.id, change, now });
  if (!held) throw new TakenMeanwhile('CLAIM_NOT_OPEN');
  return held;
}

/** What each coupon leaves the person; of those for a first purchase one for all of them. */
async function takeUsesOf(tx: Db, { plan, shopper }: Taking): Promise<void> {
  const uses = plan.flatMap(({ state, isNew }) => (isNew ? usesOf(state.coupon, shopper) : []));
  const first = firstOf(plan) ? [firstPurchaseOf(shopper)] : [];
  for (const one of [...uses, ...first].sort(byUse)) await takeOrRefuse(tx, one);
}

/** The coupon that stands for the first purchase. */
const firstOf = (plan: readonly PlannedUse[]) => plan.find(({ state }) => state.coupon.firstPurchaseOnly);

async function reserveClaim(tx: Db, taking: TakingOne & { claim: ClaimRow }): Promise<void> {
  const { plan, use, claim, shopper, bill } = taking;
  const { tenantId, now } = shopper;
  const { discount, state, isNew } = use;
  const { coupon, code } = state;
  const budgets = await takeBudgets(tx, { coupon, shopper, discount, currency: bill.currency });
  const first = use === firstOf(plan) ? takenOf([firstPurchaseOf(shopper)]) : [];
  const change = { ...bill, status: 'reserved' as const, discount, budgets, uses: [...claim.uses, ...first] };
  if (!isNew) {
    await updateClaim(tx, { tenantId, claimId: claim.id, change });
    return;
  }
  const isFree = !code?.singleUse || (await takeCode(tx, { tenantId, codeId: code.id, now }));
  if (!isFree || !(await insertClaim(tx, { ...claim, ...change }))) throw new TakenMeanwhile('QUANTITY_EXCEEDED');
}
