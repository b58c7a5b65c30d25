import type { CouponReason } from '#schemas/coupons.ts';
import { isForeignKeyViolation } from '../../lib/database-errors.ts';
import { AppError } from '../../lib/errors.ts';
import { COUPON_NOT_ELIGIBLE } from '../errors.ts';

/** What was there when it was read is taken: the transaction is rolled back. */
export class TakenMeanwhile extends Error {
  readonly reason: CouponReason;

  constructor(reason: CouponReason) {
    super(`a coupon was used up meanwhile: ${reason}`);
    this.reason = reason;
  }
}

const DELETED = ['coupon_claims_counter_fk', 'stripe_coupons_coupon_fk'];

/**
 * Runs it once more when somebody was faster: what has run out meanwhile is given back then, and only what is really used
 * up is refused.
 */
export async function withSecondTry<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof TakenMeanwhile || isDeleted(error))) throw error;
  }
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof TakenMeanwhile)) throw error;
    throw new AppError(COUPON_NOT_ELIGIBLE, { reasons: [error.reason], missing: {} });
  }
}

/** The coupon was deleted after it was read: the second look does not find it. */
function isDeleted(error: unknown): boolean {
  return DELETED.some((constraint) => isForeignKeyViolation(error, constraint));
}
