import { and, eq, isNull, lte, sql } from 'drizzle-orm';
import { textArray } from '../batched.ts';
import type { Db } from '../client.ts';
import { codeBatches, couponCounters, coupons, promotionCodes } from '../schema/coupons.ts';
import { beforePosition, type PageRequest } from './paging.ts';

type OfCoupon = { tenantId: string; couponId: string };
type Key = { tenantId: string; batchId: string };
export type BatchRow = typeof codeBatches.$inferSelect;

const isBatch = ({ tenantId, batchId }: Key) => and(eq(codeBatches.tenantId, tenantId), eq(codeBatches.id, batchId));

/** What can still be used: neither revoked by itself nor with its batch. */
export const isLive = sql`(${promotionCodes.retiredAt} is null and coalesce((select ${codeBatches.status}
  from ${codeBatches} where ${codeBatches.tenantId} = ${promotionCodes.tenantId}
  and ${codeBatches.id} = ${promotionCodes.batchId}), 'done') <> 'revoked')`;

/** False when the coupon would have more than `limit` of them. From then on nobody uses it without a code. */
export async function addCodes(
  db: Db,
  { tenantId, couponId, count, limit }: OfCoupon & { count: number; limit: number },
): Promise<boolean> {
  const rows = await db
    .update(couponCounters)
    .set({ codes: sql`${couponCounters.codes} + ${count}` })
    .where(
      and(
        eq(couponCounters.tenantId, tenantId),
        eq(couponCounters.couponId, couponId),
        sql`${couponCounters.codes} + ${count} <= ${limit}`,
      ),
    )
    .returning({ couponId: couponCounters.couponId });
  return rows.length === 1;
}

export async function insertBatch(db: Db, batch: typeof codeBatches.$inferInsert): Promise<BatchRow> {
  const [row] = await db.insert(codeBatches).values(batch).returning();
  if (!row) throw new Error('insert returned no row');
  return row;
}

export async function findBatch(
  db: Db,
  { couponId, ...key }: Key & { couponId?: string },
): Promise<BatchRow | undefined> {
  const isOfCoupon = couponId === undefined ? undefined : eq(codeBatches.couponId, couponId);
  return (
    await db
      .select()
      .from(codeBatches)
      .where(and(isBatch(key), isOfCoupon))
  )[0];
}

/** Held until the transaction ends: of two workers each makes codes that the other does not. */
export async function findBatchForUpdate(db: Db, key: Key): Promise<BatchRow | undefined> {
  return (await db.select().from(codeBatches).where(isBatch(key)).for('update'))[0];
}

export type BatchChange = Partial<Pick<BatchRow, 'status' | 'made' | 'finishedAt'>>;

export async function updateBatch(
  db: Db,
  { change, now, ...key }: Key & { change: BatchChange; now: Date },
): Promise<BatchRow | undefined> {
  const rows = await db
    .update(codeBatches)
    .set({ ...change, updatedAt: now })
    .where(isBatch(key))
    .returning();
  return rows[0];
}

/** The batches of a coupon, newest first, on code_batches_list_idx. */
export function listBatches(db: Db, { tenantId, couponId, page }: OfCoupon & { page: PageRequest }) {
  return db
    .select()
    .from(codeBatches)
    .where(
      and(
        eq(codeBatches.tenantId, tenantId),
        eq(codeBatches.couponId, couponId),
        beforePosition(codeBatches.createdAt, codeBatches.id, page),
      ),
    )
    .orderBy(sql`${codeBatches.createdAt} desc`, sql`${codeBatches.id} desc`)
    .limit(page.rows);
}

/** Those that nobody has gone on with since, in any brand: for a job, on code_batches_open_idx. */
export function listStalledBatches(db: Db, { before, limit }: { before: Date; limit: number }) {
  return db
    .select({ tenantId: codeBatches.tenantId, batchId: codeBatches.id })
    .from(codeBatches)
    .where(and(sql`${codeBatches.status} in ('queued', 'running')`, lte(codeBatches.updatedAt, before)))
    .orderBy(codeBatches.updatedAt)
    .limit(limit);
}

const ofBatch = and(eq(codeBatches.tenantId, promotionCodes.tenantId), eq(codeBatches.id, promotionCodes.batchId));

export type NewCode = { id: string; code: string; codeKey: string };

/** Leaves out those that another code of the brand has the name of. Answers the keys of those that are new. */
export async function insertCodes(
  db: Db,
  { tenantId, couponId, batchId, codes, now }: OfCoupon & Key & { codes: readonly NewCode[]; now: Date },
): Promise<string[]> {
  const column = (name: keyof NewCode) => textArray(codes.map((code) => code[name]));
  const rows = await db
    .insert(promotionCodes)
    .select(
      sql`select ${tenantId}::uuid, "given"."id", ${couponId}::uuid, "given"."code", "given"."code_key", true,
        ${batchId}::uuid, null::timestamptz, null::timestamptz, ${now.toISOString()}::timestamptz
        from unnest(${column('id')}::uuid[], ${column('code')}::text[], ${column('codeKey')}::text[])
          as "given"("id", "code", "code_key")`,
    )
    .onConflictDoNothing()
    .returning({ codeKey: promotionCodes.codeKey });
  return rows.map(({ codeKey }) => codeKey);
}

/** Whose these names are, and whether nobody can use them any more: their batch is revoked, or their coupon archived. */
export function listCodeOwners(db: Db, { tenantId, codeKeys }: { tenantId: string; codeKeys: readonly string[] }) {
  const { id, codeKey, couponId, singleUse, retiredAt } = promotionCodes;
  const isRevoked = sql`coalesce(${codeBatches.status} = 'revoked', false)`;
  return db
    .select({
      ...{ id, codeKey, couponId, singleUse },
      isFree: sql<boolean>`${singleUse} and (${isRevoked} or ${coupons.archivedAt} is not null)`,
    })
    .from(promotionCodes)
    .innerJoin(coupons, and(eq(coupons.tenantId, promotionCodes.tenantId), eq(coupons.id, couponId)))
    .leftJoin(codeBatches, ofBatch)
    .where(
      and(
        eq(promotionCodes.tenantId, tenantId),
        sql`${codeKey} = any(${textArray(codeKeys)}::text[])`,
        isNull(retiredAt),
      ),
    );
}

/** Answers those that were not revoked before. */
export async function retireCodes(
  db: Db,
  { tenantId, codeIds, now }: { tenantId: string; codeIds: readonly string[]; now: Date },
): Promise<string[]> {
  const { id, retiredAt } = promotionCodes;
  const rows = await db
    .update(promotionCodes)
    .set({ retiredAt: now })
    .where(
      and(eq(promotionCodes.tenantId, tenantId), sql`${id} = any(${textArray(codeIds)}::uuid[])`, isNull(retiredAt)),
    )
    .returning({ id });
  return rows.map((row) => row.id);
}

const { id, couponId, batchId, code, createdAt, usedAt, retiredAt } = promotionCodes;
const isRevoked = sql`${codeBatches.status} = 'revoked'`;
const shown = {
  ...{ id, couponId, batchId, code, createdAt, usedAt },
  revokedAt: sql<Date | null>`coalesce(${retiredAt}, case when ${isRevoked} then ${codeBatches.updatedAt} end)`.mapWith(
    retiredAt,
  ),
};
export type CodeRow = {
  id: string;
  couponId: string;
  batchId: string | null;
  code: string;
  createdAt: Date;
  usedAt: Date | null;
  revokedAt: Date | null;
};

type Listing = OfCoupon & { batchId?: string | undefined; afterId: string; rows: number };

/** The codes for one person each, in the order of their making, on promotion_codes_coupon_idx or that of the batch. */
export function listCodes(
  db: Db,
  { tenantId, couponId: of, batchId: batch, afterId, rows }: Listing,
): Promise<CodeRow[]> {
  return db
    .select(shown)
    .from(promotionCodes)
    .leftJoin(codeBatches, ofBatch)
    .where(
      and(
        eq(promotionCodes.tenantId, tenantId),
        eq(couponId, of),
        batch === undefined ? undefined : eq(batchId, batch),
        eq(promotionCodes.singleUse, true),
        sql`${id} > ${afterId}::uuid`,
      ),
    )
    .orderBy(id)
    .limit(rows);
}

export async function findCode(
  db: Db,
  { tenantId, couponId: of, codeId }: OfCoupon & { codeId: string },
): Promise<CodeRow | undefined> {
  const rows = await db
    .select(shown)
    .from(promotionCodes)
    .leftJoin(codeBatches, ofBatch)
    .where(
      and(eq(promotionCodes.tenantId, tenantId), eq(id, codeId), eq(couponId, of), eq(promotionCodes.singleUse, true)),
    );
  return rows[0];
}

/** What somebody typed, whether it can still be used or not, on promotion_codes_code_key. */
export async function findCodeByKey(db: Db, { tenantId, codeKey: key }: { tenantId: string; codeKey: string }) {
  const { singleUse, codeKey } = promotionCodes;
  const rows = await db
    .select({ id, couponId, singleUse })
    .from(promotionCodes)
    .where(and(eq(promotionCodes.tenantId, tenantId), eq(codeKey, key), isNull(retiredAt)));
  return rows[0];
}
