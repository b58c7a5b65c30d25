import type { PaymentRow } from '#db/queries/payments.ts';
import type { Payment, PaymentState } from '#schemas/payments.ts';
import { refundStatusOf } from './rules.ts';

export function presentPayment(row: PaymentRow): Payment {
  const { id, trackingId, tenantId, userId, storeId, kind, status, method, provider } = row;
  const { subtotal, discount, amount, refundedAmount, currency, items, subscriptionId, metadata } = row;
  const { crypto, failureCode, failureMessage, createdAt, expiresAt, succeededAt } = row;
  const coupons = row.coupons ?? [];
  const [coupon = null] = coupons;
  const failure = failureCode === null ? null : { code: failureCode, message: failureMessage ?? '' };
  const facts = { id, trackingId, tenantId, userId, storeId, kind, status, refundStatus: refundStatusOf(row), method };
  const sums = {
    provider,
    subtotal,
    discount,
    amount,
    refundedAmount,
    currency,
    items,
    coupon,
    coupons,
    failure,
    crypto,
  };
  return { ...facts, ...sums, subscriptionId, metadata, createdAt, expiresAt, succeededAt };
}

export function presentPaymentState(row: PaymentRow): PaymentState {
  const { trackingId, status, amount, currency, method, updatedAt } = row;
  return { trackingId, status, refundStatus: refundStatusOf(row), amount, currency, method, updatedAt };
}
