import type { BatchRow, CodeRow } from '#db/queries/coupon-codes.ts';
import type { CodeBatch, CouponCode } from '#schemas/coupon-codes.ts';

export function presentBatch(row: BatchRow): CodeBatch {
  const { id, couponId, source, pattern, charset, status, requested: count, made } = row;
  const { createdAt, updatedAt, finishedAt } = row;
  return { id, couponId, source, pattern, charset, status, count, made, createdAt, updatedAt, finishedAt };
}

/** A code that was used stays so, whatever is revoked later. */
export function presentCode({ id, couponId, batchId, code, createdAt, usedAt, revokedAt }: CodeRow): CouponCode {
  const status = usedAt !== null ? 'used' : revokedAt !== null ? 'revoked' : 'unused';
  return { id, couponId, batchId, code, status, createdAt, usedAt, revokedAt };
}
