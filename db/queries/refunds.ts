import { and, desc, eq, inArray, lte, sql } from 'drizzle-orm';
import type { RefundStatus } from '#schemas/refunds.ts';
import type { Db } from '../client.ts';
import { disputes, refunds } from '../schema/payments.ts';
import { beforePosition, type PageRequest } from './paging.ts';
import type { OnceKey } from './payments.ts';

export type RefundRow = typeof refunds.$inferSelect;
export type DisputeRow = typeof disputes.$inferSelect;
type Key = { tenantId: string; refundId: string };
const isRefund = ({ tenantId, refundId }: Key) => and(eq(refunds.tenantId, tenantId), eq(refunds.id, refundId));

export async function insertRefund(db: Db, refund: typeof refunds.$inferInsert): Promise<RefundRow> {
  const [row] = await db.insert(refunds).values(refund).returning();
  if (!row) throw new Error('insert returned no row');
  return row;
}

/** Of any brand, on refunds_id_idx: whoever asks for it by its id alone is judged by the row. */
export async function findRefundById(db: Db, refundId: string): Promise<RefundRow | undefined> {
  return (await db.select().from(refunds).where(eq(refunds.id, refundId)))[0];
}

export async function findRefund(db: Db, key: Key): Promise<RefundRow | undefined> {
  return (await db.select().from(refunds).where(isRefund(key)))[0];
}

/** What the same request made before, after `since`: an older one has given the key free. */
export async function findRefundByOnceKey(
  db: Db,
  { tenantId, onceKey, since }: OnceKey,
): Promise<RefundRow | undefined> {
  const rows = await db
    .select()
    .from(refunds)
    .where(and(eq(refunds.tenantId, tenantId), eq(refunds.onceKey, onceKey)));
  const [row] = rows;
  if (!row || row.createdAt >= since) return row;
  await db
    .update(refunds)
    .set({ onceKey: null })
    .where(and(eq(refunds.tenantId, tenantId), eq(refunds.onceKey, onceKey)));
  return undefined;
}

export async function findRefundByCardRefund(
  db: Db,
  { tenantId, cardRefundId }: { tenantId: string; cardRefundId: string },
): Promise<RefundRow | undefined> {
  const rows = await db
    .select()
    .from(refunds)
    .where(and(eq(refunds.tenantId, tenantId), eq(refunds.cardRefundId, cardRefundId)));
  return rows[0];
}

export type RefundChange = Partial<Pick<RefundRow, 'status' | 'cardRefundId' | 'failureReason' | 'checkAt'>>;

/** Holds only from one of the statuses given: no row means that somebody was faster. */
export async function updateRefund(
  db: Db,
  { from, change, now, ...key }: Key & { from: readonly RefundStatus[]; change: RefundChange; now: Date },
): Promise<RefundRow | undefined> {
  const rows = await db
    .update(refunds)
    .set({ ...change, updatedAt: now })
    .where(and(isRefund(key), inArray(refunds.status, [...from])))
    .returning();
  return rows[0];
}

/** What a job should look at, over all brands, on refunds_check_idx. Taken: the next look is put off. */
export async function takeDueRefunds(
  db: Db,
  { now, until, limit }: { now: Date; until: Date; limit: number },
): Promise<RefundRow[]> {
  const due = sql`(select ${refunds.tenantId}, ${refunds.id} from ${refunds}
    where ${lte(refunds.checkAt, now)} order by ${refunds.checkAt} limit ${limit} for update skip locked)`;
  return db
    .update(refunds)
    .set({ checkAt: until })
    .where(sql`(${refunds.tenantId}, ${refunds.id}) in ${due}`)
    .returning();
}

/** When a job looks next at a refund that is under way; at a settled one it never looks again. */
export async function setRefundCheck(db: Db, { checkAt, ...key }: Key & { checkAt: Date }): Promise<void> {
  const isUnderWay = sql`${refunds.status} in ('pending', 'requires_action')`;
  await db
    .update(refunds)
    .set({ checkAt: sql`case when ${isUnderWay} then ${checkAt.toISOString()}::timestamptz end` })
    .where(isRefund(key));
}

type Filter = {
  tenantId: string;
  status?: RefundStatus | undefined;
  paymentId?: string | undefined;
  page: PageRequest;
};

/** The refunds of a brand, newest first, on refunds_list_idx. */
export function listRefunds(db: Db, { tenantId, status, paymentId, page }: Filter): Promise<RefundRow[]> {
  return db
    .select()
    .from(refunds)
    .where(
      and(
        eq(refunds.tenantId, tenantId),
        status ? eq(refunds.status, status) : undefined,
        paymentId ? eq(refunds.paymentId, paymentId) : undefined,
        beforePosition(refunds.createdAt, refunds.id, page),
      ),
    )
    .orderBy(desc(refunds.createdAt), desc(refunds.id))
    .limit(page.rows);
}

/** A dispute goes from left to right: an inquiry may become a contest, never the other way round. */
const COURSE = sql`array['warning_needs_response', 'warning_under_review', 'warning_closed', 'needs_response', 'under_review', 'won', 'lost']`;

/** Made, or brought up to date; a closed one stays as it ended. */
export async function saveDispute(db: Db, dispute: typeof disputes.$inferInsert): Promise<DisputeRow | undefined> {
  const { status, updatedAt } = dispute;
  const rows = await db
    .insert(disputes)
    .values(dispute)
    .onConflictDoUpdate({
      target: [disputes.tenantId, disputes.cardDisputeId],
      set: { status, updatedAt },
      // What is told late says nothing any more. A status that is not in the list is taken.
      setWhere: sql`${disputes.status} not in ('won', 'lost') and coalesce(
        array_position(${COURSE}, ${status}::text) > array_position(${COURSE}, ${disputes.status}), ${disputes.status} <> ${status})`,
    })
    .returning();
  return rows[0];
}

/** The disputes of a brand, newest first, on disputes_list_idx. */
export function listDisputes(
  db: Db,
  { tenantId, page }: { tenantId: string; page: PageRequest },
): Promise<DisputeRow[]> {
  return db
    .select()
    .from(disputes)
    .where(and(eq(disputes.tenantId, tenantId), beforePosition(disputes.createdAt, disputes.id, page)))
    .orderBy(desc(disputes.createdAt), desc(disputes.id))
    .limit(page.rows);
}
