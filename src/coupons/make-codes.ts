import type { Db } from '#db/client.ts';
import { type BatchRow, findBatchForUpdate, insertCodes, type NewCode, updateBatch } from '#db/queries/coupon-codes.ts';
import { type Deps, withTx } from '../context.ts';
import { newId } from '../lib/ids.ts';
import { fillPattern } from '../lib/random-codes.ts';
import { CHARSETS } from './code-rules.ts';
import { codeKeyOf } from './rules.ts';

type Batch = { tenantId: string; batchId: string };

const AT_ONCE = 1_000;

/** Makes the codes of a batch, a part in each transaction, so that whoever comes after a crash goes on where it was. */
export async function makeCodes(deps: Pick<Deps, 'db' | 'clock'>, batch: Batch): Promise<void> {
  for (;;) {
    const now = deps.clock.now();
    if ((await withTx(deps, (tx) => makeSome(tx, { ...batch, now }))) === 'done') return;
  }
}

async function makeSome(tx: Db, { tenantId, batchId, now }: Batch & { now: Date }): Promise<'more' | 'done'> {
  const batch = await findBatchForUpdate(tx, { tenantId, batchId });
  if (batch?.status !== 'queued' && batch?.status !== 'running') return 'done';
  const { couponId, requested } = batch;
  const codes = newCodes(batch, Math.min(AT_ONCE, requested - batch.made));
  // One that exists already is left out, and the next part makes another.
  const made = batch.made + (await insertCodes(tx, { tenantId, couponId, batchId, codes, now })).length;
  const isDone = made === requested;
  const state = isDone ? { status: 'done' as const, finishedAt: now } : { status: 'running' as const };
  await updateBatch(tx, { tenantId, batchId, change: { made, ...state }, now });
  return isDone ? 'done' : 'more';
}

/** In the order of their keys: of two batches none waits for the other in a circle. */
function newCodes({ pattern, charset }: BatchRow, count: number): NewCode[] {
  const codes = new Map<string, string>();
  for (let n = 0; n < count; n += 1) {
    const code = fillPattern(pattern ?? '', CHARSETS[charset ?? 'alphanumeric']);
    codes.set(codeKeyOf(code) ?? code, code);
  }
  return [...codes].sort(([a], [b]) => (a < b ? -1 : 1)).map(([codeKey, code]) => ({ id: newId(), code, codeKey }));
}
