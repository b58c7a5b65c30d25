import { findBatch } from '#db/queries/coupon-codes.ts';
import type { CodeBatch } from '#schemas/coupon-codes.ts';
import type { Ctx } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { presentBatch } from './present-code.ts';

type Key = { tenantId: string; couponId: string; batchId: string };

export async function getBatch(ctx: Ctx, key: Key): Promise<CodeBatch> {
  const row = await findBatch(ctx.db, key);
  if (!row) throw new AppError(NOT_FOUND);
  return presentBatch(row);
}
