import { isUniqueViolation } from '../lib/database-errors.ts';
import { AppError } from '../lib/errors.ts';
import { COUPON_CODE_TAKEN, COUPON_EXTERNAL_ID_TAKEN } from './errors.ts';

/** What another coupon of the brand has already. */
export function refuseTakenKeys(error: unknown): never {
  if (isUniqueViolation(error, 'promotion_codes_code_key')) throw new AppError(COUPON_CODE_TAKEN);
  if (isUniqueViolation(error, 'coupons_external_id_key')) throw new AppError(COUPON_EXTERNAL_ID_TAKEN);
  throw error;
}
