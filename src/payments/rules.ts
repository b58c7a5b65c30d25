import type { AskedCoupon, OrderItem, PaymentItem, PaymentRefundStatus, PaymentStatus } from '#schemas/payments.ts';
import type { RefundStatus } from '#schemas/refunds.ts';

/**
 * Which status may follow which. After a declined attempt (`failed`) the buyer may try again while the payment is open;
 * what has succeeded, was canceled or has expired stays so, whatever the processor tells later.
 */
const TRANSITIONS = {
  pending: ['requires_action', 'processing', 'succeeded', 'failed', 'canceled', 'expired'],
  requires_action: ['pending', 'processing', 'succeeded', 'failed', 'canceled', 'expired'],
  processing: ['requires_action', 'succeeded', 'failed', 'canceled'],
  failed: ['pending', 'requires_action', 'processing', 'succeeded', 'canceled'],
  succeeded: [],
  canceled: [],
  expired: [],
} as const satisfies Record<PaymentStatus, readonly PaymentStatus[]>;

export function canMove(from: PaymentStatus, to: PaymentStatus): boolean {
  return (TRANSITIONS[from] as readonly PaymentStatus[]).includes(to);
}

/** What an intent at the processor means for its payment. */
export function statusOfIntent({ status, failure }: { status: string; failure: unknown }): PaymentStatus {
  if (status === 'succeeded' || status === 'canceled' || status === 'processing' || status === 'requires_action') {
    return status;
  }
  // It waits for a card: for the first one, or for another after a decline.
  return failure === null ? 'pending' : 'failed';
}

type Refunds = { amount: number; refundReserved: number; refundedAmount: number; givenBackAt: Date | null };

export function refundStatusOf({ amount, refundReserved, refundedAmount, givenBackAt }: Refunds): PaymentRefundStatus {
  if (givenBackAt !== null) return 'full';
  if (refundedAmount > 0 && refundedAmount === amount) return 'full';
  if (refundReserved > refundedAmount) return 'pending';
  return refundedAmount > 0 ? 'partial' : 'none';
}

export type Product = {
  id: string;
  name: string;
  sku: string | null;
  status: string;
  priceAmount: number;
  priceCurrency: string;
  tierIds: readonly string[];
};
export type OrderRefusal =
  | { reason: 'unavailable' | 'tier'; productIds: string[] }
  | { reason: 'currencies'; currencies: string[] }
  | { reason: 'tooMuch' };
export type Order =
  | { ok: true; items: PaymentItem[]; subtotal: number; currency: string }
  | ({ ok: false } & OrderRefusal);

/** The most that the processor takes in one charge: eight digits of minor units. */
const MAX_TOTAL = 99_999_999;

/** What an order costs, from the brand's own prices. `tierId` is the tier in which the buyer is a member now. */
export function decideOrder(
  asked: readonly OrderItem[],
  { products, tierId }: { products: readonly Product[]; tierId: string | null },
): Order {
  const wanted = mergeItems(asked);
  const known = new Map(products.map((product) => [product.id, product]));
  const isSold = (id: string) => known.get(id)?.status === 'active';
  const missing = wanted.filter(({ productId }) => !isSold(productId)).map(({ productId }) => productId);
  if (missing.length > 0) return { ok: false, reason: 'unavailable', productIds: missing };
  const barred = products.filter(({ tierIds }) => tierIds.length > 0 && !(tierId && tierIds.includes(tierId)));
  if (barred.length > 0) return { ok: false, reason: 'tier', productIds: barred.map(({ id }) => id) };
  const currencies = [...new Set(products.map(({ priceCurrency }) => priceCurrency))];
  const [currency = ''] = currencies;
  if (currencies.length > 1) return { ok: false, reason: 'currencies', currencies };
  const items = wanted.map(({ productId, quantity }) => lineOf(known.get(productId) as Product, quantity));
  const subtotal = items.reduce((sum, { amount }) => sum + amount, 0);
  return subtotal > MAX_TOTAL ? { ok: false, reason: 'tooMuch' } : { ok: true, items, subtotal, currency };
}

/** A product that is named twice is one line, in the order of first naming. */
export function mergeItems(asked: readonly OrderItem[]): OrderItem[] {
  const quantities = new Map<string, number>();
  for (const { productId, quantity } of asked) {
    quantities.set(productId, (quantities.get(productId) ?? 0) + quantity);
  }
  return [...quantities].map(([productId, quantity]) => ({ productId, quantity }));
}

function lineOf({ id, name, sku, priceAmount }: Product, quantity: number): PaymentItem {
  return { productId: id, tierId: null, name, sku, quantity, unitAmount: priceAmount, amount: priceAmount * quantity };
}

export type RefundDecision =
  | { ok: true; amount: number; isFull: boolean }
  | { ok: false; reason: 'notPaid' | 'tooMuch'; left: number };

/** How much of a payment may be given back: what is left when no amount is named, and never more (RF1). */
export function decideRefund(payment: Refunds & { status: PaymentStatus }, asked: number | undefined): RefundDecision {
  const left = payment.amount - payment.refundReserved;
  if (payment.status !== 'succeeded') return { ok: false, reason: 'notPaid', left: 0 };
  const amount = asked ?? left;
  // What cost nothing is given back once, for nothing.
  if (payment.amount === 0 && amount === 0 && payment.givenBackAt === null) return { ok: true, amount, isFull: true };
  if (amount === 0 || amount > left) return { ok: false, reason: 'tooMuch', left };
  return { ok: true, amount, isFull: payment.refundReserved + amount === payment.amount };
}

/**
 * Which status of a refund may follow which. A refund that succeeded may still come back: its bank account was closed
 * (Stripe). Whoever asked for one waits until it is decided.
 */
const REFUND_TRANSITIONS = {
  requested: ['pending', 'declined'],
  pending: ['requires_action', 'succeeded', 'failed', 'canceled'],
  requires_action: ['pending', 'succeeded', 'failed', 'canceled'],
  succeeded: ['failed'],
  declined: [],
  failed: [],
  canceled: [],
} as const satisfies Record<RefundStatus, readonly RefundStatus[]>;

export function canRefundMove(from: RefundStatus, to: RefundStatus): boolean {
  return (REFUND_TRANSITIONS[from] as readonly RefundStatus[]).includes(to);
}

/** What a move of a refund does to the sums of its payment: a failure gives the room back. */
export function sumsAfter(
  payment: Pick<Refunds, 'refundReserved' | 'refundedAmount'>,
  { from, to, amount }: { from: RefundStatus; to: RefundStatus; amount: number },
): Pick<Refunds, 'refundReserved' | 'refundedAmount'> {
  const { refundReserved, refundedAmount } = payment;
  const isLost = to === 'failed' || to === 'canceled';
  const isBack = isLost && from === 'succeeded';
  return {
    refundReserved: isLost ? refundReserved - amount : refundReserved,
    refundedAmount: to === 'succeeded' ? refundedAmount + amount : isBack ? refundedAmount - amount : refundedAmount,
  };
}

/** What is held back of a payment before the processor is called. */
export function reserve(payment: Refunds, { amount, now }: { amount: number; now: Date }) {
  const refundReserved = payment.refundReserved + amount;
  return payment.amount === 0 ? { refundReserved, givenBackAt: now } : { refundReserved };
}

/** Stripe's smallest charges, in minor units; for other currencies the processor itself says no. */
const MINIMUM: Readonly<Record<string, number>> = {
  USD: 50,
  AED: 200,
  AUD: 50,
  BGN: 100,
  BRL: 50,
  CAD: 50,
  CHF: 50,
  CZK: 1500,
  DKK: 250,
  EUR: 50,
  GBP: 30,
  HKD: 400,
  HUF: 17500,
  INR: 50,
  JPY: 50,
  MXN: 1000,
  MYR: 200,
  NOK: 300,
  NZD: 50,
  PLN: 200,
  RON: 200,
  SEK: 300,
  SGD: 50,
  THB: 1000,
};

/** The smallest amount that can be charged by card in the currency; 0 where none is known. */
export function minimumOf(currency: string): number {
  return MINIMUM[currency] ?? 0;
}

const FIRST_CHECK_SECONDS = 30;
const MAX_CHECK_SECONDS = 3_600;

/** When a job looks at an open object next, if nothing is heard of it: soon at first, then ever more seldom. */
export function nextCheckAt({ createdAt, now }: { createdAt: Date; now: Date }): Date {
  const age = Math.max(0, (now.getTime() - createdAt.getTime()) / 1000);
  const wait = Math.min(Math.max(age, FIRST_CHECK_SECONDS), MAX_CHECK_SECONDS);
  return new Date(now.getTime() + wait * 1000);
}

type NamedCoupons = {
  couponCode?: string | undefined;
  claimId?: string | undefined;
  coupons?: AskedCoupon[] | undefined;
};

/** The coupons that a request names, in whichever way. */
export function askedCoupons({ couponCode, claimId, coupons = [] }: NamedCoupons): AskedCoupon[] {
  if (couponCode !== undefined) return [{ code: couponCode }];
  return claimId === undefined ? coupons : [{ claimId }];
}
