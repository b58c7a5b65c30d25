import type { Db } from '#db/client.ts';
import { findMembershipState } from '#db/queries/memberships.ts';
import { insertOwnedProducts } from '#db/queries/owned-products.ts';
import { insertPointsPurchase, type PointsPurchaseRow } from '#db/queries/points-purchases.ts';
import { findProduct, type ProductRow } from '#db/queries/products.ts';
import { takeStock } from '#db/queries/stock.ts';
import type { PointsPurchaseAnswer } from '#schemas/points.ts';
import { type Ctx, type UserActor, withTx } from '../context.ts';
import { recordEffects } from '../effects/record-effects.ts';
import { AppError, NOT_FOUND, type Refusal } from '../lib/errors.ts';
import { newId } from '../lib/ids.ts';
import { NOT_JOINED } from '../memberships/errors.ts';
import { isMember } from '../memberships/rules.ts';
import { OUT_OF_STOCK, TIER_REQUIRED } from '../payments/errors.ts';
import { announceProducts } from '../products/steps/announce-products.ts';
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
    if (!product || !membership) throw new Error('a purchase without product or member');
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
    await give(tx, { purchase, product, baseUrl: ctx.baseUrl });
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

type Giving = { purchase: PointsPurchaseRow; product: ProductRow; baseUrl: string };

/** The stock before what refers to the product: of two who hold a reference to its row neither could take it. */
async function give(tx: Db, { purchase, product, baseUrl }: Giving): Promise<void> {
  const { tenantId, id: sourceId, userId, productId, quantity, createdAt: now } = purchase;
  const items = [{ id: newId(), productId, quantity }];
  const given = [{ targetId: productId, quantity }];
  const cause = { tenantId, causeType: 'purchase' as const, causeId: sourceId, userId, given, now };
  if (product.stock !== null) {
    const taken = await takeStock(tx, { tenantId, items, now });
    if (taken.length === 0) throw new AppError(OUT_OF_STOCK, { products: [{ productId, quantity }] });
    await announceProducts(tx, { rows: taken, baseUrl });
    await recordEffects(tx, { ...cause, kind: 'stock' });
  }
  await insertPointsPurchase(tx, purchase);
  await insertOwnedProducts(tx, { tenantId, userId, source: 'grant', sourceId, acquiredAt: now, items });
  await recordEffects(tx, { ...cause, kind: 'product' });
}
