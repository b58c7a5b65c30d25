import type { Refusal } from '../lib/errors.ts';

export const COUPON_CODE_TAKEN: Refusal = {
  code: 'COUPON_CODE_TAKEN',
  statusCode: 409,
  message: 'The brand has a coupon with this code. Choose another.',
};
export const COUPON_EXTERNAL_ID_TAKEN: Refusal = {
  code: 'EXTERNAL_ID_TAKEN',
  statusCode: 409,
  message: 'The brand has another coupon with this externalId.',
};
export const COUPON_IN_USE: Refusal = {
  code: 'COUPON_IN_USE',
  statusCode: 409,
  message: 'The coupon was used more often than this already: see details.used.',
};
export const COUPON_NOT_ELIGIBLE: Refusal = {
  code: 'COUPON_NOT_ELIGIBLE',
  statusCode: 409,
  message: 'The coupon cannot be used here: see details.reasons.',
};
export const ALREADY_RELEASED: Refusal = {
  code: 'ALREADY_RELEASED',
  statusCode: 409,
  message: 'This use of the coupon was given back already: see details.status.',
};
export const CLAIM_NOT_RELEASABLE: Refusal = {
  code: 'CLAIM_NOT_RELEASABLE',
  statusCode: 409,
  message: 'The payment decides about this use: cancel it, or refund it in full.',
};
export const ROLLBACK_TOO_LATE: Refusal = {
  code: 'ROLLBACK_TOO_LATE',
  statusCode: 409,
  message: 'A redemption can be rolled back for three months.',
};
export const CLAIM_NOT_OPEN: Refusal = {
  code: 'CLAIM_NOT_OPEN',
  statusCode: 409,
  message: 'This claim cannot be used any more: see details.status.',
};
export const GIFT_OUT_OF_STOCK: Refusal = {
  code: 'OUT_OF_STOCK',
  statusCode: 409,
  message: 'The product that the coupon gives is out of stock.',
};
export const TOO_MANY_CODES: Refusal = {
  code: 'TOO_MANY_CODES',
  statusCode: 409,
  message: 'A coupon has at most 1,000,000 codes.',
};
