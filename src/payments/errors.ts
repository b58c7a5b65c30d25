import type { Refusal } from '../lib/errors.ts';

export const PRODUCT_UNAVAILABLE: Refusal = {
  code: 'PRODUCT_UNAVAILABLE',
  statusCode: 409,
  message: 'The brand does not sell this now: see details.productIds.',
};
export const TIER_REQUIRED: Refusal = {
  code: 'TIER_REQUIRED',
  statusCode: 409,
  message: 'Only members of certain tiers may buy this: see details.productIds.',
};
export const CURRENCY_MISMATCH: Refusal = {
  code: 'CURRENCY_MISMATCH',
  statusCode: 409,
  message: 'The products have prices in different currencies: pay for them apart.',
};
export const OUT_OF_STOCK: Refusal = {
  code: 'OUT_OF_STOCK',
  statusCode: 409,
  message: 'There is not as much in stock: see details.products.',
};
export const STORE_UNAVAILABLE: Refusal = {
  code: 'STORE_UNAVAILABLE',
  statusCode: 409,
  message: 'The brand has no such open store.',
};
export const METHOD_UNAVAILABLE: Refusal = {
  code: 'METHOD_UNAVAILABLE',
  statusCode: 409,
  message: 'The brand does not take payments by this method.',
};
export const AMOUNT_TOO_SMALL: Refusal = {
  code: 'AMOUNT_TOO_SMALL',
  statusCode: 422,
  message: 'The total is below what can be charged by card: see details.minimum.',
};
export const AMOUNT_TOO_LARGE: Refusal = {
  code: 'AMOUNT_TOO_LARGE',
  statusCode: 422,
  message: 'The total is more than can be charged at once.',
};
export const PAYMENT_REFUSED: Refusal = {
  code: 'PAYMENT_REFUSED',
  statusCode: 422,
  message: 'The card processor refuses this payment: see details.code.',
};
export const PAYMENT_NOT_CANCELABLE: Refusal = {
  code: 'PAYMENT_NOT_CANCELABLE',
  statusCode: 409,
  message: 'The payment is settled, or being settled: see details.status.',
};
export const PAYMENT_NOT_REFUNDABLE: Refusal = {
  code: 'PAYMENT_NOT_REFUNDABLE',
  statusCode: 409,
  message: 'Only a payment that has succeeded can be refunded.',
};
export const REFUND_EXCEEDS_PAYMENT: Refusal = {
  code: 'REFUND_EXCEEDS_PAYMENT',
  statusCode: 409,
  message: 'That is more than what is left of the payment: see details.left.',
};
export const REFUND_REQUESTED: Refusal = {
  code: 'REFUND_REQUESTED',
  statusCode: 409,
  message: 'A refund of this payment was asked for already, and is not decided yet.',
};
export const REFUND_DECIDED: Refusal = {
  code: 'REFUND_DECIDED',
  statusCode: 409,
  message: 'The refund was decided already: see details.status.',
};
