import type { Db } from '#db/client.ts';
import { insertPayment, type PaymentRow } from '#db/queries/payments.ts';
import type { ProductRow } from '#db/queries/products.ts';
import { type Quantity, takeStock } from '#db/queries/stock.ts';
import { findStore } from '#db/queries/stores.ts';
import { findTenant, type TenantRow } from '#db/queries/tenants.ts';
import type {
  AskedCoupon,
  OrderItem,
  PaymentCoupon,
  PaymentItem,
  PaymentKind,
  PaymentMethod,
} from '#schemas/payments.ts';
import { reserveCoupons } from '../../coupons/steps/reserve-coupons.ts';
import { recordEffects } from '../../effects/record-effects.ts';
import { AppError, NOT_FOUND } from '../../lib/errors.ts';
import { newId } from '../../lib/ids.ts';
import { LIFETIMES } from '../../lib/limits.ts';
import { addSeconds } from '../../lib/time.ts';
import { newTrackingId } from '../../lib/tracking-id.ts';
import { announceProducts } from '../../products/steps/announce-products.ts';
import * as refusals from '../errors.ts';
import { mergeItems, minimumOf, nextCheckAt } from '../rules.ts';
import { applyCoupons } from './apply-coupons.ts';
import { priceOrder, priceSum } from './price-order.ts';
import { settlePayment } from './settle-payment.ts';

export type Ordering = {
  tenantId: string;
  userId: string;
  method: PaymentMethod;
  storeId?: string | undefined;
  metadata?: Record<string, unknown> | undefined;
  onceKey: string | null;
  /** How long it can be paid, in seconds: that of a card where nothing is said. */
  lifetime?: number;
  now: Date;
};
type Bill = {
  kind: PaymentKind;
  items: PaymentItem[];
  subtotal: number;
  discount?: number;
  coupons?: PaymentCoupon[];
  currency: string;
};
/** Products, or a sum for none. */
type Wanted = {
  items: readonly OrderItem[];
  sum?: { amount: number; currency: string } | undefined;
  coupons?: readonly AskedCoupon[];
  baseUrl: string;
};

/**
 * A new payment for products, at the brand's prices of now, with their stock and its coupons taken. A total of 0 succeeds at
 * once.
 */
export async function openPayment(tx: Db, order: Ordering & Wanted): Promise<PaymentRow> {
  const { tenantId, userId, coupons: asked = [], baseUrl, now } = order;
  const tenant = await requireSeller(tx, order);
  const { products, ...priced } = order.sum ? priceSum(order.sum) : await priceOrder(tx, order);
  const used = asked.length > 0 ? await applyCoupons(tx, { tenantId, userId, asked, priced, now }) : null;
  const taken = await take(tx, { tenantId, asked: mergeItems(order.items), products, baseUrl, now });
  const off = used && used.discount > 0 ? { discount: used.discount, coupons: used.coupons } : {};
  const bill = { kind: 'purchase' as const, ...priced, ...off };
  const payment = await insertOpenPayment(tx, { order, tenant, bill });
  const given = taken.map(({ productId, quantity }) => ({ targetId: productId, quantity }));
  await recordEffects(tx, { tenantId, causeType: 'payment', causeId: payment.id, userId, kind: 'stock', given, now });
  if (used && used.plan.length > 0) await reserveCoupons(tx, { ...used, userId, payment });
  return payment.amount === 0 ? settlePayment(tx, { payment, now }) : payment;
}

/** The brand, if it sells now, with the store that is named. */
export async function requireSeller(
  tx: Db,
  { tenantId, storeId }: Pick<Ordering, 'tenantId' | 'storeId'>,
): Promise<TenantRow> {
  const tenant = await findTenant(tx, tenantId);
  if (!tenant || tenant.status === 'suspended') throw new AppError(NOT_FOUND);
  const store = storeId ? await findStore(tx, { tenantId, storeId }) : undefined;
  if (storeId && !store?.active) throw new AppError(refusals.STORE_UNAVAILABLE);
  return tenant;
}

type Opening = { order: Ordering; tenant: TenantRow; bill: Bill };

export function insertOpenPayment(tx: Db, { order, tenant, bill }: Opening): Promise<PaymentRow> {
  const { tenantId, userId, method, storeId = null, metadata = {}, onceKey, now } = order;
  const { kind, items, subtotal, discount = 0, coupons = null, currency } = bill;
  const amount = subtotal - discount;
  const isByCard = method === 'card';
  const minimum = isByCard ? minimumOf(currency) : 0;
  if (amount > 0 && amount < minimum) throw new AppError(refusals.AMOUNT_TOO_SMALL, { minimum, currency });
  const sums = { subtotal, discount, amount, currency };
  const provider = amount === 0 ? ('none' as const) : isByCard ? ('stripe' as const) : ('crypto' as const);
  const who = {
    tenantId,
    id: newId(),
    trackingId: newTrackingId(tenantId),
    userId,
    storeId,
    account: isByCard ? tenant.stripeAccountId : null,
  };
  const expiresAt = addSeconds(now, order.lifetime ?? LIFETIMES.cardPayment);
  const times = { createdAt: now, updatedAt: now, expiresAt };
  const checkAt = isByCard ? nextCheckAt({ createdAt: now, now }) : addSeconds(expiresAt, 1);
  const status = 'pending' as const;
  return insertPayment(tx, {
    ...who,
    kind,
    status,
    method,
    provider,
    ...sums,
    items,
    coupons,
    metadata,
    onceKey,
    ...times,
    checkAt,
  });
}

type Taking = {
  tenantId: string;
  asked: readonly Quantity[];
  products: readonly ProductRow[];
  baseUrl: string;
  now: Date;
};

async function take(tx: Db, { tenantId, asked, products, baseUrl, now }: Taking): Promise<Quantity[]> {
  const counted = new Set(products.filter(({ stock }) => stock !== null).map(({ id }) => id));
  const items = asked.filter(({ productId }) => counted.has(productId));
  if (items.length === 0) return [];
  const taken = await takeStock(tx, { tenantId, items, now });
  const missing = items.filter(({ productId }) => !taken.some(({ id }) => id === productId));
  if (missing.length > 0) throw new AppError(refusals.OUT_OF_STOCK, { products: missing });
  await announceProducts(tx, { rows: taken, baseUrl });
  return items;
}
