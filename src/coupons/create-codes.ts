import { addCodes, insertBatch } from '#db/queries/coupon-codes.ts';
import type { CodeBatch, CreateCodesBody } from '#schemas/coupon-codes.ts';
import { recordChange } from '../audit/record-change.ts';
import { type Ctx, withTx } from '../context.ts';
import { AppError, VALIDATION_ERROR } from '../lib/errors.ts';
import { newId } from '../lib/ids.ts';
import { MAX_CODES, MIN_BITS, missingPlaces } from './code-rules.ts';
import { TOO_MANY_CODES } from './errors.ts';
import { presentBatch } from './present-code.ts';
import { requireCoupon } from './steps/require-coupon.ts';

type Input = CreateCodesBody & { tenantId: string; couponId: string };

/** Begins to make codes for one person each: a job makes them, and their batch tells how far it is. */
export async function createCodes(
  ctx: Ctx,
  { tenantId, couponId, count, pattern, charset }: Input,
): Promise<CodeBatch> {
  const now = ctx.clock.now();
  const missing = missingPlaces(pattern, charset);
  if (missing > 0) {
    const message = `needs ${missing} more #, so that each code has ${MIN_BITS} random bits`;
    throw new AppError(VALIDATION_ERROR, { errors: [{ location: 'body', field: 'pattern', message }] });
  }
  return withTx(ctx, async (tx) => {
    await requireCoupon(tx, { tenantId, couponId });
    const times = { createdAt: now, updatedAt: now };
    const made = { source: 'pattern' as const, status: 'queued' as const, pattern, charset, requested: count };
    const batch = await insertBatch(tx, { tenantId, id: newId(), couponId, ...made, ...times });
    await ctx.deps.jobs.enqueue(tx, 'codes', { tenantId, batchId: batch.id });
    const target = { type: 'code_batch', id: batch.id };
    const after = { couponId, pattern, charset, count };
    await recordChange(ctx, { db: tx, tenantId, action: 'coupon.codes_created', target, after, now });
    // Last: who claims the coupon waits for its counters.
    if (!(await addCodes(tx, { tenantId, couponId, count, limit: MAX_CODES }))) throw new AppError(TOO_MANY_CODES);
    return presentBatch(batch);
  });
}
