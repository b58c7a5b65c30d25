import { findBatchForUpdate, updateBatch } from '#db/queries/coupon-codes.ts';
import type { CodeBatch } from '#schemas/coupon-codes.ts';
import { recordChange } from '../audit/record-change.ts';
import { type Ctx, withTx } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { presentBatch } from './present-code.ts';

type Input = { tenantId: string; couponId: string; batchId: string };

/** None of its codes can be used from now on, and no more are made. What was used stays as it is. */
export async function revokeBatch(ctx: Ctx, { tenantId, couponId, batchId }: Input): Promise<CodeBatch> {
  const now = ctx.clock.now();
  return withTx(ctx, async (tx) => {
    const batch = await findBatchForUpdate(tx, { tenantId, batchId });
    if (batch?.couponId !== couponId) throw new AppError(NOT_FOUND);
    if (batch.status === 'revoked') return presentBatch(batch);
    const change = { status: 'revoked' as const, finishedAt: batch.finishedAt ?? now };
    const row = (await updateBatch(tx, { tenantId, batchId, change, now })) ?? batch;
    const target = { type: 'code_batch', id: batchId };
    const [before, after] = [{ status: batch.status }, { status: row.status }];
    await recordChange(ctx, { db: tx, tenantId, action: 'coupon.codes_revoked', target, before, after, now });
    return presentBatch(row);
  });
}
