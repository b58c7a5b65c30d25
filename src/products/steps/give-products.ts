import type { Db } from '#db/client.ts';
import { insertOwnedProducts, type OwnedProductRow } from '#db/queries/owned-products.ts';
import { findProduct } from '#db/queries/products.ts';
import { takeStock } from '#db/queries/stock.ts';
import type { EffectCause } from '#schemas/refunds.ts';
import { recordEffects } from '../../effects/record-effects.ts';
import { newId } from '../../lib/ids.ts';
import { announceProducts } from './announce-products.ts';

type Giving = {
  tenantId: string;
  causeType: EffectCause;
  causeId: string;
  userId: string;
  source: OwnedProductRow['source'];
  productId: string;
  quantity: number;
  baseUrl: string;
  now: Date;
};

/**
 * A product that is not paid for, from the stock if that is counted: effects of its cause. False when there is no such
 * product, or too little of it: the caller rolls back.
 */
export async function giveProducts(tx: Db, giving: Giving): Promise<boolean> {
  const { tenantId, causeType, causeId, userId, source, productId, quantity, baseUrl, now } = giving;
  const product = await findProduct(tx, { tenantId, productId });
  if (!product) return false;
  const item = { productId, quantity };
  const cause = { tenantId, causeType, causeId, userId, now };
  const given = [{ targetId: productId, quantity }];
  if (product.stock !== null) {
    const taken = await takeStock(tx, { tenantId, items: [item], now });
    if (taken.length === 0) return false;
    await announceProducts(tx, { rows: taken, baseUrl });
    await recordEffects(tx, { ...cause, kind: 'stock', given });
  }
  const owned = { tenantId, userId, source, sourceId: causeId, acquiredAt: now };
  await insertOwnedProducts(tx, { ...owned, items: [{ ...item, id: newId() }] });
  await recordEffects(tx, { ...cause, kind: 'product', given });
  return true;
}
