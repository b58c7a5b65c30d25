import { Readable } from 'node:stream';
import { findBatch, listCodes } from '#db/queries/coupon-codes.ts';
import type { Ctx } from '../context.ts';
import { csvRows } from '../lib/csv.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { presentCode } from './present-code.ts';

type Input = { tenantId: string; couponId: string; batchId: string };

const AT_ONCE = 2_000;
const FIRST = '00000000-0000-0000-0000-000000000000';

/** The codes of a batch as CSV, read in parts as fast as they are taken. */
export async function exportCodes(ctx: Ctx, { tenantId, couponId, batchId }: Input): Promise<Readable> {
  if (!(await findBatch(ctx.db, { tenantId, couponId, batchId }))) throw new AppError(NOT_FOUND);
  const read = (afterId: string) => listCodes(ctx.db, { tenantId, couponId, batchId, afterId, rows: AT_ONCE });
  // Before the answer begins: a refusal can still be one.
  let rows = await read(FIRST);
  return Readable.from(
    (async function* () {
      yield csvRows([['code', 'status', 'createdAt', 'usedAt']]);
      for (let last = rows.at(-1); last; last = rows.at(-1)) {
        yield csvRows(rows.map((row) => lineOf(presentCode(row))));
        rows = rows.length < AT_ONCE ? [] : await read(last.id);
      }
    })(),
  );
}

function lineOf({ code, status, createdAt, usedAt }: ReturnType<typeof presentCode>): string[] {
  return [code, status, createdAt.toISOString(), usedAt?.toISOString() ?? ''];
}
