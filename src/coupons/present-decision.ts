import type { Eligibility } from '#schemas/coupon-claims.ts';
import type { Cart } from './discount-rules.ts';
import type { Decision } from './rules.ts';

export function presentDecision({ reasons, missing, discount }: Decision, { currency }: Cart): Eligibility {
  const eligible = reasons.length === 0;
  const sum = discount === null || currency === null ? null : { amount: discount, currency };
  return { eligible, reasons, missing, discount: sum };
}
