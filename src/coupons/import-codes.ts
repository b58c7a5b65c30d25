import type { Db } from '#db/client.ts';
import {
  addCodes,
  type BatchRow,
  insertBatch,
  insertCodes,
  listCodeOwners,
  retireCodes,
  updateBatch,
} from '#db/queries/coupon-codes.ts';
import type { ImportedCodes } from '#schemas/coupon-codes.ts';
import { recordChange } from '../audit/record-change.ts';
import { type Ctx, withTx } from '../context.ts';
import { AppError } from '../lib/errors.ts';
import { newId } from '../lib/ids.ts';
import { type ImportLine, isWeak, MAX_CODES, type RejectedLine, readLines } from './code-rules.ts';
import { TOO_MANY_CODES } from './errors.ts';
import { presentBatch } from './present-code.ts';
import { requireCoupon } from './steps/require-coupon.ts';

type Input = { tenantId: string; couponId: string; codes: readonly string[] };
type Importing = { tenantId: string; couponId: string; lines: readonly ImportLine[]; now: Date };

const SHOWN = 1_000;

/**
 * Takes over codes that were made elsewhere: those that can be, with a word on each that cannot. The same import again
 * changes nothing.
 */
export async function importCodes(ctx: Ctx, { tenantId, couponId, codes }: Input): Promise<ImportedCodes> {
  const now = ctx.clock.now();
  const { codes: lines, rejected } = readLines(codes);
  return withTx(ctx, async (tx) => {
    await requireCoupon(tx, { tenantId, couponId });
    const { fresh, taken, batch } = await takeOver(tx, { tenantId, couponId, lines, now });
    const problems = [...rejected, ...taken].sort((a, b) => a.line - b.line);
    if (batch) {
      const target = { type: 'code_batch', id: batch.id };
      const after = { couponId, imported: fresh.length };
      await recordChange(ctx, { db: tx, tenantId, action: 'coupon.codes_imported', target, after, now });
      const more = { tenantId, couponId, count: fresh.length, limit: MAX_CODES };
      if (!(await addCodes(tx, more))) throw new AppError(TOO_MANY_CODES);
    }
    return {
      batch: batch && presentBatch(batch),
      imported: fresh.length,
      unchanged: lines.length - fresh.length - taken.length,
      rejected: problems.length,
      weak: fresh.filter(({ code }) => isWeak(code)).length,
      problems: problems.slice(0, SHOWN),
    };
  });
}

type Taken = { fresh: ImportLine[]; taken: RejectedLine[]; batch: BatchRow | null };

async function takeOver(tx: Db, { tenantId, couponId, lines, now }: Importing): Promise<Taken> {
  const codeKeys = lines.map(({ codeKey }) => codeKey);
  const owners = await listCodeOwners(tx, { tenantId, codeKeys });
  const free = owners.filter(({ isFree }) => isFree);
  if (free.length > 0) await retireCodes(tx, { tenantId, codeIds: free.map(({ id }) => id), now });
  const known = new Map(owners.filter(({ isFree }) => !isFree).map((one) => [one.codeKey, one]));
  const open = lines.filter(({ codeKey }) => !known.has(codeKey));
  const made = open.length > 0 ? await insertNew(tx, { tenantId, couponId, lines: open, now }) : null;
  const isNew = new Set(made?.codeKeys);
  const isOwn = ({ codeKey }: ImportLine) => {
    const owner = known.get(codeKey);
    return owner?.singleUse === true && owner.couponId === couponId;
  };
  const fresh = lines.filter(({ codeKey }) => isNew.has(codeKey));
  const rest = lines.filter((one) => !isNew.has(one.codeKey) && !isOwn(one));
  const taken = rest.map(({ line, code }) => ({ line, code, problem: 'TAKEN' as const }));
  return { fresh, taken, batch: made?.batch ?? null };
}

async function insertNew(tx: Db, { tenantId, couponId, lines, now }: Importing) {
  const [times, source] = [{ createdAt: now, updatedAt: now, finishedAt: now }, 'import' as const];
  const made = { source, status: 'done' as const, requested: lines.length };
  const batch = await insertBatch(tx, { tenantId, id: newId(), couponId, ...made, ...times });
  const batchId = batch.id;
  const sorted = [...lines].sort((a, b) => (a.codeKey < b.codeKey ? -1 : 1));
  const codes = sorted.map(({ code, codeKey }) => ({ id: newId(), code, codeKey }));
  const codeKeys = await insertCodes(tx, { tenantId, couponId, batchId, codes, now });
  // Fewer when somebody else has taken one at this very moment.
  const change = { made: codeKeys.length };
  return { codeKeys, batch: (await updateBatch(tx, { tenantId, batchId, change, now })) ?? batch };
}
