import type { Db } from '#db/client.ts';
import { type ClaimRow, insertClaim, updateClaim, updateOpenClaim } from '#db/queries/coupon-claims.ts';
import type { CouponState } from '#db/queries/coupon-states.ts';
import { moveCounters, takeCode, takeUses } from '#db/queries/coupon-uses.ts';
import type { TakenUse } from '#schemas/coupon-claims.ts';
import { recordEffects } from '../../effects/record-effects.ts';
import type { Shopper } from './load-coupons.ts';
import { isOpen } from './resolve-coupons.ts';
import { newClaim, takeBudgets, takeFirstPurchase, usesOf } from './take-uses.ts';
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

/** Takes the coupons of a bill. Those of a subscription are effects of its first payment, once there is one. */
export async function takeAll(tx: Db, { plan, shopper, bill }: Taking): Promise<void> {
  // In the order of their ids, so that two payments with the same coupons wait for each other.
  const sorted = [...plan].sort((a, b) => (a.state.coupon.id < b.state.coupon.id ? -1 : 1));
  let isFirstTaken = false;
  for (const use of sorted) {
    const isFirst: boolean = use.state.coupon.firstPurchaseOnly && !isFirstTaken;
    isFirstTaken ||= isFirst;
    await (use.isNew ? takeNew : takeClaimed)(tx, { use, shopper, bill, isFirst });
  }
}

type TakingOne = { use: PlannedUse; shopper: Shopper; bill: Bill; isFirst: boolean };

async function takeNew(tx: Db, taking: TakingOne): Promise<void> {
  const { use, shopper, bill } = taking;
  const { coupon, code } = use.state;
  const { tenantId, now } = shopper;
  for (const uses of usesOf(coupon, shopper)) {
    if (!(await takeUses(tx, uses))) throw new TakenMeanwhile('CUSTOMER_LIMIT');
  }
  const isFree = !code?.singleUse || (await takeCode(tx, { tenantId, codeId: code.id, now }));
  if (!isFree) throw new TakenMeanwhile('QUANTITY_EXCEEDED');
  const { first, ...sums } = await takeShared(tx, taking);
  const uses = [...use.claim.uses, ...first];
  const claim = { ...use.claim, ...sums, uses, status: 'reserved' as const, ...holderOf(bill) };
  const isMade = await insertClaim(tx, claim);
  const isLeft = await moveCounters(tx, { tenantId, couponId: coupon.id, reserved: 1 });
  if (!isMade || !isLeft) throw new TakenMeanwhile('QUANTITY_EXCEEDED');
}

async function takeClaimed(tx: Db, taking: TakingOne): Promise<void> {
  const { use, shopper, bill } = taking;
  const { tenantId, now } = shopper;
  const { id: claimId, couponId } = use.claim;
  const change = { status: 'reserved' as const, ...holderOf(bill) };
  const held = await updateOpenClaim(tx, { tenantId, claimId, change, now });
  if (!held) throw new TakenMeanwhile('CLAIM_NOT_OPEN');
  const { first, ...sums } = await takeShared(tx, taking);
  await updateClaim(tx, { tenantId, claimId, change: { ...sums, uses: [...held.uses, ...first] } });
  await moveCounters(tx, { tenantId, couponId, claimed: -1, reserved: 1 });
}

function holderOf({ paymentId, subscriptionId }: Bill) {
  return { paymentId, subscriptionId };
}

async function takeShared(tx: Db, { use, shopper, bill, isFirst }: TakingOne) {
  const { discount, state } = use;
  const { subtotal, currency } = bill;
  const first: TakenUse[] = isFirst ? await takeFirstPurchase(tx, shopper) : [];
  const budgets = await takeBudgets(tx, { coupon: state.coupon, shopper, discount, currency });
  return { first, budgets, subtotal, discount, currency };
}
