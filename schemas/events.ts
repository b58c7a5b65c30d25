/** What a brand can be told about: contract, section 12. */
export const eventTypes = [
  'payment.succeeded',
  'payment.failed',
  'payment.expired',
  'payment.refunded',
  'membership.created',
  'membership.updated',
  'membership.canceled',
  'product.created',
  'product.updated',
  'coupon.claimed',
  'coupon.redeemed',
  'coupon.released',
  'quest.completed',
  'quest.claimed',
  'referral.signup',
  'referral.converted',
  'referral.reversed',
  'file.uploaded',
] as const;
export type EventType = (typeof eventTypes)[number];
