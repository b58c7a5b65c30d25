import type { Db } from '#db/client.ts';
import type { ClaimRow } from '#db/queries/coupon-claims.ts';
import type { CouponRow } from '#db/queries/coupons.ts';
import { insertOwnedProducts } from '#db/queries/owned-products.ts';
import { findProduct } from '#db/queries/products.ts';
import { takeStock } from '#db/queries/stock.ts';
import { recordEffects } from '../../effects/record-effects.ts';
import { AppError } from '../../lib/errors.ts';
import { newId } from '../../lib/ids.ts';
import { announceProducts } from '../../products/steps/announce-products.ts';
import { GIFT_OUT_OF_STOCK } from '../errors.ts';

type Giving = { claim: ClaimRow; coupon: CouponRow; baseUrl: string; now: Date };

/** One of the coupon's product, from the stock if that is counted: effects of the claim, which a rollback takes back. */
export async function giveProduct(tx: Db, { claim, coupon, baseUrl, now }: Giving): Promise<void> {
  const { tenantId, id: causeId, userId } = claim;
  const { productId } = coupon;
  const product = productId === null ? undefined : await findProduct(tx, { tenantId, productId });
  if (!product) throw new AppError(GIFT_OUT_OF_STOCK);
  const item = { productId: product.id, quantity: 1 };
  const cause = { tenantId, causeType: 'claim' as const, causeId, userId, now };
  const given = [{ targetId: product.id, quantity: 1 }];
  if (product.stock !== null) {
    const taken = await takeStock(tx, { tenantId, items: [item], now });
    if (taken.length === 0) throw new AppError(GIFT_OUT_OF_STOCK, { productIds: [product.id] });
    await announceProducts(tx, { rows: taken, baseUrl });
    await recordEffects(tx, { ...cause, kind: 'stock', given });
  }
  const owned = { tenantId, userId, source: 'coupon' as const, sourceId: causeId, acquiredAt: now };
  await insertOwnedProducts(tx, { ...owned, items: [{ ...item, id: newId() }] });
  await recordEffects(tx, { ...cause, kind: 'product', given });
}
