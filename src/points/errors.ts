import type { Refusal } from '../lib/errors.ts';

export const TOO_FEW_POINTS: Refusal = {
  code: 'TOO_FEW_POINTS',
  statusCode: 409,
  message: 'The member has fewer points than that: see details.balance.',
};
export const NOT_FOR_POINTS: Refusal = {
  code: 'NOT_FOR_POINTS',
  statusCode: 409,
  message: 'The brand does not sell this for points.',
};
export const PURCHASE_REFUNDED: Refusal = {
  code: 'PURCHASE_REFUNDED',
  statusCode: 409,
  message: 'The purchase was refunded already.',
};
