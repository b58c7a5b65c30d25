import type { Db } from '#db/client.ts';
import { findMembershipState } from '#db/queries/memberships.ts';
import { listProductsByIds, type ProductRow } from '#db/queries/products.ts';
import type { OrderItem, PaymentItem } from '#schemas/payments.ts';
import { AppError } from '../../lib/errors.ts';
import { isMember } from '../../memberships/rules.ts';
import * as refusals from '../errors.ts';
import { decideOrder, type OrderRefusal } from '../rules.ts';

type Ordering = { tenantId: string; userId: string | null; items: readonly OrderItem[]; now: Date };
type Priced = { items: PaymentItem[]; subtotal: number; currency: string; products: ProductRow[] };

/** What an order costs this buyer now, if they may have it. */
export async function priceOrder(db: Db, { tenantId, userId, items: asked, now }: Ordering): Promise<Priced> {
  const productIds = [...new Set(asked.map(({ productId }) => productId))];
  const products = await listProductsByIds(db, { tenantId, productIds });
  const isForTiers = products.some(({ tierIds }) => tierIds.length > 0);
  const tierId = isForTiers && userId ? await tierOf(db, { tenantId, userId, now }) : null;
  const decision = decideOrder(asked, { products, tierId });
  if (!decision.ok) throw refusalOf(decision);
  const { items, subtotal, currency } = decision;
  return { items, subtotal, currency, products };
}

/** A sum for no product, as a bill. */
export function priceSum({ amount, currency }: { amount: number; currency: string }): Priced {
  const line = { productId: null, tierId: null, name: 'Payment', sku: null, quantity: 1, unitAmount: amount, amount };
  return { items: [line], subtotal: amount, currency, products: [] };
}

async function tierOf(
  db: Db,
  { now, ...key }: { tenantId: string; userId: string; now: Date },
): Promise<string | null> {
  const membership = (await findMembershipState(db, key))?.membership;
  return membership && isMember(membership, now) ? membership.tierId : null;
}

function refusalOf(decision: OrderRefusal): AppError {
  if (decision.reason === 'tooMuch') return new AppError(refusals.AMOUNT_TOO_LARGE);
  if (decision.reason === 'currencies') {
    return new AppError(refusals.CURRENCY_MISMATCH, { currencies: decision.currencies });
  }
  const refusal = decision.reason === 'tier' ? refusals.TIER_REQUIRED : refusals.PRODUCT_UNAVAILABLE;
  return new AppError(refusal, { productIds: decision.productIds });
}
