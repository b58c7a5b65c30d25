import type { Db } from '#db/client.ts';
import { findMembershipState } from '#db/queries/memberships.ts';
import { insertPointsPurchase, type PointsPurchaseRow } from '#db/queries/points-purchases.ts';
import { findProduct } from '#db/queries/products.ts';
import type { PointsPurchaseAnswer } from '#schemas/points.ts';
import { type Ctx, type UserActor, withTx } from '../context.ts';
import { AppError, NOT_FOUND, type Refusal } from '../lib/errors.ts';
import { newId } from '../lib/ids.ts';
import { NOT_JOINED } from '../memberships/errors.ts';
import { isMember } from '../memberships/rules.ts';
import { OUT_OF_STOCK, TIER_REQUIRED } from '../payments/errors.ts';
import { giveProducts } from '../products/steps/give-products.ts';
import { NOT_FOR_POINTS, TOO_FEW_POINTS } from './errors.ts';
import { presentPurchase } from './present-purchase.ts';
import { decidePurchase, type PurchaseRefusal } from './purchase-rules.ts';
import { movePoints } from './steps/move-points.ts';

const REFUSALS: Record<PurchaseRefusal, Refusal> = {
  unknown: NOT_FOUND,
  notForPoints: NOT_FOR_POINTS,
  notAMember: NOT_JOINED,
  tier: TIER_REQUIRED,
};

type Input = { tenantId: string; productId: string; quantity?: number | undefined };

/** A product for points: both are taken at once, or neither. */
export async function buyWithPoints(ctx: Ctx<UserActor>, input: Input): Promise<PointsPurchaseAnswer> {
  const { tenantId, productId, quantity = 1 } = input;
  const { userId } = ctx.actor;
  const now = ctx.clock.now();
  return withTx(ctx, async (tx) => {
    const state = await findMembershipState(tx, { tenantId, userId });
    const product = state && (await findProduct(tx, { tenantId, productId }));
    const membership = state?.membership && isMember(state.membership, now) ? state.membership : null;
    const decision = decidePurchase({ product, quantity, member: membership });
    if (!decision.ok) throw new AppError(REFUSALS[decision.reason], detailsOf(decision.reason, productId));
    if (!membership) throw new Error('a purchase without a member');
    const { points } = decision;
    const what = { membershipId: membership.id, userId, productId, quantity, points };
    const purchase: PointsPurchaseRow = {
      tenantId,
      id: newId(),
      ...what,
      status: 'completed',
      createdAt: now,
      refundedAt: null,
    };
    const balance = await pay(tx, purchase);
    // The stock before what refers to the product: of two who hold a reference to its row neither could take it.
    const cause = { tenantId, causeType: 'purchase' as const, causeId: purchase.id, userId, source: 'grant' as const };
    const isGiven = await giveProducts(tx, { ...cause, productId, quantity, baseUrl: ctx.baseUrl, now });
    if (!isGiven) throw new AppError(OUT_OF_STOCK, { products: [{ productId, quantity }] });
    await insertPointsPurchase(tx, purchase);
    return { purchase: presentPurchase(purchase), balance };
  });
}

function detailsOf(reason: PurchaseRefusal, productId: string) {
  return reason === 'tier' ? { productIds: [productId] } : undefined;
}

async function pay(tx: Db, purchase: PointsPurchaseRow): Promise<number> {
  const { tenantId, id, userId, membershipId, points, createdAt: now } = purchase;
  const cause = { type: 'purchase', id };
  const moved = await movePoints(tx, { tenantId, membershipId, amount: -points, reason: 'purchase', cause, now });
  if (moved) return moved.balance;
  const state = await findMembershipState(tx, { tenantId, userId });
  throw new AppError(TOO_FEW_POINTS, { balance: state?.membership?.points ?? 0 });
}
