import type { Refusal } from '../lib/errors.ts';

export const TIER_NOT_PAID: Refusal = {
  code: 'TIER_NOT_PAID',
  statusCode: 409,
  message: 'This tier has no price: join it instead.',
};
export const ALREADY_SUBSCRIBED: Refusal = {
  code: 'ALREADY_SUBSCRIBED',
  statusCode: 409,
  message: 'You have a subscription in this brand: change its tier, or cancel it. See details.subscriptionId.',
};
export const SUBSCRIPTION_ENDED: Refusal = {
  code: 'SUBSCRIPTION_ENDED',
  statusCode: 409,
  message: 'The subscription is over, or is not paid: see details.status.',
};
export const TIER_UNCHANGED: Refusal = {
  code: 'TIER_UNCHANGED',
  statusCode: 409,
  message: 'The subscription has this tier already.',
};
export const CHANGE_PENDING: Refusal = {
  code: 'CHANGE_PENDING',
  statusCode: 409,
  message: 'A change of tier waits for its payment.',
};
export const INTERVAL_MISMATCH: Refusal = {
  code: 'INTERVAL_MISMATCH',
  statusCode: 409,
  message: 'A subscription can change to a tier that renews, in the same currency.',
};
