import type { Refusal } from '../lib/errors.ts';

export const CODE_TAKEN: Refusal = {
  code: 'REFERRAL_CODE_TAKEN',
  statusCode: 409,
  message: 'Somebody has this code already: choose another.',
};
export const CODE_LIMIT: Refusal = {
  code: 'REFERRAL_CODE_LIMIT',
  statusCode: 409,
  message: 'The link has had as many codes as it may: take one of details.codes again.',
};
export const REVIEW_DECIDED: Refusal = {
  code: 'REVIEW_DECIDED',
  statusCode: 409,
  message: 'The referral does not wait for a review: see details.status.',
};
export const NOT_REVERSIBLE: Refusal = {
  code: 'NOT_REVERSIBLE',
  statusCode: 409,
  message: 'The conversion is not counted, or was reversed already: see details.status.',
};
