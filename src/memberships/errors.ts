import type { Refusal } from '../lib/errors.ts';

export const TIER_CODE_TAKEN: Refusal = {
  code: 'TIER_CODE_TAKEN',
  statusCode: 409,
  message: 'The brand has a tier with this code. Choose another.',
};
export const TIER_UNKNOWN: Refusal = {
  code: 'TIER_UNKNOWN',
  statusCode: 409,
  message: 'The brand has no such tier that can be joined.',
};
export const TIER_NOT_FREE: Refusal = {
  code: 'TIER_NOT_FREE',
  statusCode: 409,
  message: 'This tier has a price: subscribe to it.',
};
export const TIER_BY_POINTS: Refusal = {
  code: 'TIER_BY_POINTS',
  statusCode: 409,
  message: 'This tier is reached by points, not by joining.',
};
export const ALREADY_JOINED: Refusal = {
  code: 'ALREADY_JOINED',
  statusCode: 409,
  message: 'You are a member already.',
};
export const NOT_JOINED: Refusal = { code: 'NOT_JOINED', statusCode: 409, message: 'You are no member.' };
export const SUBSCRIPTION_RUNS: Refusal = {
  code: 'SUBSCRIPTION_RUNS',
  statusCode: 409,
  message: 'The membership is paid by a subscription: cancel that.',
};
