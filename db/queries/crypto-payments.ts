import { and, asc, desc, eq, gt, inArray, lte, not, sql } from 'drizzle-orm';
import { keyArrays, textArray } from '../batched.ts';
import type { Db } from '../client.ts';
import { prepared } from '../prepared.ts';
import { cryptoPayments, cryptoTimeline } from '../schema/crypto.ts';

export type CryptoPaymentRow = typeof cryptoPayments.$inferSelect;
export type NewCryptoPayment = typeof cryptoPayments.$inferInsert;
export type TimelineRow = typeof cryptoTimeline.$inferSelect;
type Key = { tenantId: string; paymentId: string };
const isIts = ({ tenantId, paymentId }: Key) =>
  and(eq(cryptoPayments.tenantId, tenantId), eq(cryptoPayments.id, paymentId));

/** An amount that somebody else is asked for at the address gets a unique violation of crypto_payments_amount_key. */
export async function insertCryptoPayment(db: Db, payment: NewCryptoPayment): Promise<CryptoPaymentRow> {
  const [row] = await db.insert(cryptoPayments).values(payment).returning();
  if (!row) throw new Error('insert returned no row');
  return row;
}

const byId = prepared((db) =>
  db
    .select()
    .from(cryptoPayments)
    .where(
      and(
        eq(cryptoPayments.tenantId, sql.placeholder('tenantId')),
        eq(cryptoPayments.id, sql.placeholder('paymentId')),
      ),
    )
    .prepare('find_crypto_payment'),
);

export async function findCryptoPayment(db: Db, key: Key): Promise<CryptoPaymentRow | undefined> {
  return (await byId(db).execute(key))[0];
}

const forUpdate = prepared((db) =>
  db
    .select()
    .from(cryptoPayments)
    .where(
      and(
        eq(cryptoPayments.tenantId, sql.placeholder('tenantId')),
        eq(cryptoPayments.id, sql.placeholder('paymentId')),
      ),
    )
    .for('no key update')
    .prepare('find_crypto_payment_for_update'),
);

/**
 * Held before its transfers are read: what arrives meanwhile makes it due after this, and is not overlooked. The caller holds
 * the payment's row.
 */
export async function findCryptoPaymentForUpdate(db: Db, key: Key): Promise<CryptoPaymentRow | undefined> {
  return (await forUpdate(db).execute(key))[0];
}

const manyForUpdate = prepared((db) =>
  db
    .select()
    .from(cryptoPayments)
    .where(
      sql`(${cryptoPayments.tenantId}, ${cryptoPayments.id}) in (select * from unnest(${sql.placeholder('tenantIds')}::uuid[],
        ${sql.placeholder('paymentIds')}::uuid[]))`,
    )
    .for('no key update', { skipLocked: true })
    .prepare('list_crypto_payments_for_update'),
);

/** Those that nobody else holds. The caller holds the payments' rows. */
export function listCryptoPaymentsForUpdate(db: Db, keys: readonly Key[]): Promise<CryptoPaymentRow[]> {
  return manyForUpdate(db).execute(keyArrays(keys));
}

export type CryptoPaymentChange = Partial<Omit<CryptoPaymentRow, 'tenantId' | 'id' | 'createdAt'>>;

/** The caller holds the payment's row. */
export async function updateCryptoPayment(
  db: Db,
  { change, ...key }: Key & { change: CryptoPaymentChange },
): Promise<CryptoPaymentRow> {
  const [row] = await db.update(cryptoPayments).set(change).where(isIts(key)).returning();
  if (!row) throw new Error('a payment is gone');
  return row;
}

const standing = prepared((db) =>
  db
    .update(cryptoPayments)
    .set({
      status: sql`${sql.placeholder('status')}::text`,
      additionalStatus: sql`${sql.placeholder('additionalStatus')}::text`,
      paidUnits: sql`${sql.placeholder('paidUnits')}::numeric`,
      confirmedUnits: sql`${sql.placeholder('confirmedUnits')}::numeric`,
      owedUnits: sql`${sql.placeholder('owedUnits')}::numeric`,
      owedAs: sql`${sql.placeholder('owedAs')}::text`,
      lostUnits: sql`${sql.placeholder('lostUnits')}::numeric`,
      keptUnits: sql`${sql.placeholder('keptUnits')}::numeric`,
      checkBlock: sql`${sql.placeholder('checkBlock')}::bigint`,
      isLateTaken: sql`${sql.placeholder('isLateTaken')}::boolean`,
      isMarked: sql`${sql.placeholder('isMarked')}::boolean`,
      updatedAt: sql`${sql.placeholder('updatedAt')}::timestamptz`,
    })
    .where(and(eq(cryptoPayments.tenantId, sql.placeholder('tenantId')), eq(cryptoPayments.id, sql.placeholder('id'))))
    .prepare('save_crypto_standing'),
);

/** Saves how it stands, as the row says. The caller holds the payment's row. */
export async function saveCryptoStanding(db: Db, row: CryptoPaymentRow): Promise<void> {
  const { paidUnits, confirmedUnits, owedUnits, lostUnits, keptUnits, updatedAt } = row;
  await standing(db).execute({
    ...row,
    paidUnits: paidUnits.toString(),
    confirmedUnits: confirmedUnits.toString(),
    owedUnits: owedUnits.toString(),
    lostUnits: lostUnits.toString(),
    keptUnits: keptUnits?.toString() ?? null,
    updatedAt: updatedAt.toISOString(),
  });
}

/** What is looked for at these addresses, in any brand, the oldest first: on crypto_payments_watch_idx. */
export function listAwaited(db: Db, { chainId, addresses }: { chainId: number; addresses: readonly string[] }) {
  const { tenantId, id, address, accountKind, contract, payUnits, createdAt } = cryptoPayments;
  return db
    .select({ tenantId, id, address, accountKind, contract, payUnits, createdAt })
    .from(cryptoPayments)
    .where(
      and(
        eq(cryptoPayments.chainId, chainId),
        sql`${cryptoPayments.address} = any(${textArray(addresses)}::text[])`,
        cryptoPayments.isWatched,
      ),
    )
    .orderBy(asc(createdAt), asc(id));
}

/** Whether anything is looked for on the chain. */
export async function hasAwaited(db: Db, chainId: number): Promise<boolean> {
  const rows = await db
    .select({ id: cryptoPayments.id })
    .from(cryptoPayments)
    .where(and(eq(cryptoPayments.chainId, chainId), cryptoPayments.isWatched))
    .limit(1);
  return rows.length > 0;
}

export type DueCrypto = { tenantId: string; paymentId: string; checkBlock: number | null };
type Due = { chainId: number; blockNumber: number; after: DueCrypto | undefined; limit: number };

/** What the block may change, in any brand, in an order to go on in: on crypto_payments_due_idx. */
export function listDueCrypto(db: Db, { chainId, blockNumber, after, limit }: Due): Promise<DueCrypto[]> {
  const { tenantId, id: paymentId, checkBlock } = cryptoPayments;
  return db
    .select({ tenantId, paymentId, checkBlock })
    .from(cryptoPayments)
    .where(
      and(
        eq(cryptoPayments.chainId, chainId),
        lte(checkBlock, blockNumber),
        after && sql`(${checkBlock}, ${paymentId}) > (${after.checkBlock}::bigint, ${after.paymentId}::uuid)`,
      ),
    )
    .orderBy(asc(checkBlock), asc(paymentId))
    .limit(limit);
}

/** Something arrived for these: they are looked at next, or with this block. */
export async function setCryptoDue(db: Db, payments: readonly Key[], checkBlock = 0): Promise<void> {
  const keys = sql`select * from unnest(${textArray(payments.map(({ tenantId }) => tenantId))}::uuid[],
    ${textArray(payments.map(({ paymentId }) => paymentId))}::uuid[])`;
  await db
    .update(cryptoPayments)
    .set({ checkBlock })
    .where(sql`(${cryptoPayments.tenantId}, ${cryptoPayments.id}) in (${keys})`);
}

/** What waits for a later block of the chain, in any brand, is looked at with this one: on crypto_payments_due_idx. */
export async function bringForward(db: Db, { chainId, dueAt }: { chainId: number; dueAt: number }): Promise<void> {
  await db
    .update(cryptoPayments)
    .set({ checkBlock: dueAt })
    .where(and(eq(cryptoPayments.chainId, chainId), gt(cryptoPayments.checkBlock, dueAt)));
}

/** Where money is awaited, in any brand, and for how many payments: on crypto_payments_watch_idx. */
export function listAwaitedChains(db: Db): Promise<{ chainId: number; count: number }[]> {
  return db
    .select({ chainId: cryptoPayments.chainId, count: sql<number>`count(*)::int` })
    .from(cryptoPayments)
    .where(and(cryptoPayments.isWatched))
    .groupBy(cryptoPayments.chainId);
}

type Ending = { chainId: number; until: Date; now: Date };

/** What is not looked for any more, in any brand: on crypto_payments_monitor_idx. */
export async function endMonitoring(db: Db, { chainId, until, now }: Ending): Promise<void> {
  const over = and(
    eq(cryptoPayments.chainId, chainId),
    cryptoPayments.isWatched,
    lte(cryptoPayments.monitorUntil, until),
    inArray(cryptoPayments.status, [sql.raw("'settled'"), sql.raw("'expired'"), sql.raw("'invalid'")] as never),
  );
  await db.update(cryptoPayments).set({ isWatched: false, updatedAt: now }).where(over);
}

/** What was undone is looked for again. At an address that many pay to somebody may be asked for the amount by now. */
export async function watchAgain(db: Db, payments: readonly Key[]): Promise<void> {
  const keys = sql`select * from unnest(${textArray(payments.map(({ tenantId }) => tenantId))}::uuid[],
    ${textArray(payments.map(({ paymentId }) => paymentId))}::uuid[])`;
  await db
    .update(cryptoPayments)
    .set({ isWatched: true })
    .where(
      and(
        sql`(${cryptoPayments.tenantId}, ${cryptoPayments.id}) in (${keys})`,
        eq(cryptoPayments.accountKind, sql.raw("'xpub'")),
        not(cryptoPayments.isWatched),
      ),
    );
}

const timelineInsertion = prepared((db) =>
  db
    .insert(cryptoTimeline)
    .select(
      sql`select ${sql.placeholder('tenantId')}::uuid, "entry"."id", "entry"."payment_id", "entry"."kind", "entry"."data"::jsonb,
        ${sql.placeholder('createdAt')}::timestamptz
        from unnest(${sql.placeholder('ids')}::uuid[], ${sql.placeholder('paymentIds')}::uuid[],
          ${sql.placeholder('kinds')}::text[], ${sql.placeholder('data')}::text[]) as "entry"("id", "payment_id", "kind", "data")`,
    )
    .prepare('insert_crypto_timeline'),
);

type NewEntry = Pick<TimelineRow, 'id' | 'paymentId' | 'kind' | 'data'>;
type NewEntries = { tenantId: string; createdAt: Date; entries: readonly NewEntry[] };

/** What happened to payments of a brand at an instant. */
export async function insertTimeline(db: Db, { tenantId, createdAt, entries }: NewEntries): Promise<void> {
  await timelineInsertion(db).execute({
    tenantId,
    createdAt: createdAt.toISOString(),
    ids: textArray(entries.map(({ id }) => id)),
    paymentIds: textArray(entries.map(({ paymentId }) => paymentId)),
    kinds: textArray(entries.map(({ kind }) => kind)),
    data: textArray(entries.map(({ data }) => JSON.stringify(data))),
  });
}

const newest = prepared((db) =>
  db
    .select({ row: cryptoTimeline, count: sql<number>`count(*) over ()::int` })
    .from(cryptoTimeline)
    .where(
      and(
        eq(cryptoTimeline.tenantId, sql.placeholder('tenantId')),
        eq(cryptoTimeline.paymentId, sql.placeholder('paymentId')),
      ),
    )
    .orderBy(desc(cryptoTimeline.createdAt), desc(cryptoTimeline.id))
    .limit(sql.placeholder('limit'))
    .prepare('list_newest_timeline'),
);

/** The last things that happened to a payment, in order, and how many there are: on crypto_timeline_of_payment_idx. */
export async function listNewestTimeline(db: Db, asked: Key & { limit: number }) {
  const found = await newest(db).execute(asked);
  return { rows: found.map(({ row }) => row).reverse(), count: found[0]?.count ?? 0 };
}
