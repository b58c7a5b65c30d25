import { and, desc, eq, gte, isNull, lt, lte, sql } from 'drizzle-orm';
import type { PaymentKind, PaymentMethod, PaymentStatus } from '#schemas/payments.ts';
import { keyArrays } from '../batched.ts';
import type { Db } from '../client.ts';
import { prepared } from '../prepared.ts';
import { payments } from '../schema/payments.ts';
import { beforePosition, type PageRequest } from './paging.ts';

export type PaymentRow = typeof payments.$inferSelect;
type Key = { tenantId: string; paymentId: string };
export type OnceKey = { tenantId: string; onceKey: string; since: Date };
const isPayment = ({ tenantId, paymentId }: Key) => and(eq(payments.tenantId, tenantId), eq(payments.id, paymentId));

/** A retry of the same request gets a unique violation of payments_once_key. */
export async function insertPayment(db: Db, payment: typeof payments.$inferInsert): Promise<PaymentRow> {
  const [row] = await db.insert(payments).values(payment).returning();
  if (!row) throw new Error('insert returned no row');
  return row;
}

/** For an invoice that is told more than once: no row the second time. */
export async function insertInvoicePayment(
  db: Db,
  payment: typeof payments.$inferInsert,
): Promise<PaymentRow | undefined> {
  return (await db.insert(payments).values(payment).onConflictDoNothing().returning())[0];
}

const byTrackingId = prepared((db) =>
  db
    .select()
    .from(payments)
    .where(
      and(eq(payments.tenantId, sql.placeholder('tenantId')), eq(payments.trackingId, sql.placeholder('trackingId'))),
    )
    .prepare('find_payment_by_tracking_id'),
);

export async function findPaymentByTrackingId(
  db: Db,
  key: { tenantId: string; trackingId: string },
): Promise<PaymentRow | undefined> {
  return (await byTrackingId(db).execute(key))[0];
}

/** Of any brand, on payments_id_idx: whoever asks for it by its id alone is judged by the row. */
export async function findPaymentById(db: Db, paymentId: string): Promise<PaymentRow | undefined> {
  return (await db.select().from(payments).where(eq(payments.id, paymentId)))[0];
}

/** Of any brand, on payments_intent_idx: what the processor tells names an intent. */
export async function findPaymentByIntent(db: Db, intentId: string): Promise<PaymentRow | undefined> {
  return (await db.select().from(payments).where(eq(payments.intentId, intentId)))[0];
}

export async function findPayment(db: Db, key: Key): Promise<PaymentRow | undefined> {
  return (await db.select().from(payments).where(isPayment(key)))[0];
}

const forUpdate = prepared((db) =>
  db
    .select()
    .from(payments)
    .where(and(eq(payments.tenantId, sql.placeholder('tenantId')), eq(payments.id, sql.placeholder('paymentId'))))
    .for('update')
    .prepare('find_payment_for_update'),
);

export async function findPaymentForUpdate(db: Db, key: Key): Promise<PaymentRow | undefined> {
  return (await forUpdate(db).execute(key))[0];
}

const manyForUpdate = prepared((db) =>
  db
    .select()
    .from(payments)
    .where(
      sql`(${payments.tenantId}, ${payments.id}) in (select * from unnest(${sql.placeholder('tenantIds')}::uuid[],
        ${sql.placeholder('paymentIds')}::uuid[]))`,
    )
    .for('update', { skipLocked: true })
    .prepare('list_payments_for_update'),
);

/** Those that nobody else holds. */
export function listPaymentsForUpdate(db: Db, keys: readonly Key[]): Promise<PaymentRow[]> {
  return manyForUpdate(db).execute(keyArrays(keys));
}

/** What the same request made before, after `since`: an older one has given the key free. */
export async function findPaymentByOnceKey(
  db: Db,
  { tenantId, onceKey, since }: OnceKey,
): Promise<PaymentRow | undefined> {
  const rows = await db
    .select()
    .from(payments)
    .where(and(eq(payments.tenantId, tenantId), eq(payments.onceKey, onceKey)));
  const [row] = rows;
  if (!row || row.createdAt >= since) return row;
  await db
    .update(payments)
    .set({ onceKey: null })
    .where(and(eq(payments.tenantId, tenantId), eq(payments.onceKey, onceKey)));
  return undefined;
}

export type PaymentChange = Partial<
  Pick<
    PaymentRow,
    | 'status'
    | 'crypto'
    | 'refundReserved'
    | 'refundedAmount'
    | 'givenBackAt'
    | 'intentId'
    | 'failureCode'
    | 'failureMessage'
    | 'version'
    | 'checkAt'
    | 'succeededAt'
    | 'closedAt'
  >
>;

/** The caller holds the row. */
export async function updatePayment(
  db: Db,
  { change, now, ...key }: Key & { change: PaymentChange; now: Date },
): Promise<PaymentRow> {
  const [row] = await db
    .update(payments)
    .set({ ...change, updatedAt: now })
    .where(isPayment(key))
    .returning();
  if (!row) throw new Error('a payment is gone');
  return row;
}

const settled = prepared((db) =>
  db
    .update(payments)
    .set({
      status: 'succeeded',
      failureCode: null,
      failureMessage: null,
      checkAt: null,
      version: sql`${payments.version} + 1`,
      succeededAt: sql`${sql.placeholder('now')}::timestamptz`,
      closedAt: sql`${sql.placeholder('now')}::timestamptz`,
      updatedAt: sql`${sql.placeholder('now')}::timestamptz`,
    })
    .where(and(eq(payments.tenantId, sql.placeholder('tenantId')), eq(payments.id, sql.placeholder('paymentId'))))
    .returning()
    .prepare('settle_payment'),
);

/** Paid, for good. The caller holds the row. */
export async function setPaymentSucceeded(db: Db, { now, ...key }: Key & { now: Date }): Promise<PaymentRow> {
  const [row] = await settled(db).execute({ ...key, now: now.toISOString() });
  if (!row) throw new Error('a payment is gone');
  return row;
}

const cryptoSide = prepared((db) =>
  db
    .update(payments)
    .set({
      crypto: sql`${sql.placeholder('crypto')}::text::jsonb`,
      status: sql`${sql.placeholder('status')}::text`,
      checkAt: sql`${sql.placeholder('checkAt')}::timestamptz`,
      updatedAt: sql`${sql.placeholder('now')}::timestamptz`,
    })
    .where(and(eq(payments.tenantId, sql.placeholder('tenantId')), eq(payments.id, sql.placeholder('paymentId'))))
    .returning()
    .prepare('save_crypto_side'),
);

type CryptoSide = Key & Pick<PaymentRow, 'crypto' | 'status' | 'checkAt'> & { now: Date };

/** How the crypto side of a payment stands. The caller holds the row. */
export async function saveCryptoSide(db: Db, { crypto, checkAt, now, ...rest }: CryptoSide): Promise<PaymentRow> {
  const times = { checkAt: checkAt?.toISOString() ?? null, now: now.toISOString() };
  const [row] = await cryptoSide(db).execute({ ...rest, ...times, crypto: JSON.stringify(crypto) });
  if (!row) throw new Error('a payment is gone');
  return row;
}

/** Written once, by whichever call made the intent first, while the payment is open. */
export async function setPaymentIntent(
  db: Db,
  { intentId, checkAt, now, ...key }: Key & { intentId: string; checkAt: Date; now: Date },
): Promise<boolean> {
  const rows = await db
    .update(payments)
    .set({ intentId, checkAt, updatedAt: now })
    .where(and(isPayment(key), isNull(payments.intentId), isNull(payments.closedAt)))
    .returning({ id: payments.id });
  return rows.length === 1;
}

/** What a job should look at, over all brands, on payments_check_idx. Taken: the next look is put off. */
export async function takeDuePayments(
  db: Db,
  { now, until, limit }: { now: Date; until: Date; limit: number },
): Promise<PaymentRow[]> {
  const due = sql`(select ${payments.tenantId}, ${payments.id} from ${payments}
    where ${lte(payments.checkAt, now)} order by ${payments.checkAt} limit ${limit} for update skip locked)`;
  return db
    .update(payments)
    .set({ checkAt: until })
    .where(sql`(${payments.tenantId}, ${payments.id}) in ${due}`)
    .returning();
}

/** When a job looks next at a payment that is still open; at a closed one it never looks again. */
export async function setPaymentCheck(db: Db, { checkAt, ...key }: Key & { checkAt: Date }): Promise<void> {
  await db
    .update(payments)
    .set({ checkAt: sql`case when ${payments.closedAt} is null then ${checkAt.toISOString()}::timestamptz end` })
    .where(isPayment(key));
}

type Filter = {
  tenantId?: string | undefined;
  userId?: string | undefined;
  status?: PaymentStatus | undefined;
  method?: PaymentMethod | undefined;
  kind?: PaymentKind | undefined;
  currency?: string | undefined;
  from?: Date | undefined;
  to?: Date | undefined;
  page: PageRequest;
};

/** What a person paid, in all brands or one, on payments_of_user_idx. */
export function listPaymentsOfUser(db: Db, filter: Filter & { userId: string }): Promise<PaymentRow[]> {
  return list(db, filter);
}

/** What a brand was paid, newest first, on payments_list_idx; the filters thin out what it gives. */
export function listPaymentsOfTenant(db: Db, filter: Filter & { tenantId: string }): Promise<PaymentRow[]> {
  return list(db, filter);
}

function list(db: Db, { page, tenantId, userId, status, method, kind, currency, from, to }: Filter) {
  return db
    .select()
    .from(payments)
    .where(
      and(
        tenantId ? eq(payments.tenantId, tenantId) : undefined,
        userId ? eq(payments.userId, userId) : undefined,
        status ? eq(payments.status, status) : undefined,
        method ? eq(payments.method, method) : undefined,
        kind ? eq(payments.kind, kind) : undefined,
        currency ? eq(payments.currency, currency) : undefined,
        from ? gte(payments.createdAt, from) : undefined,
        to ? lt(payments.createdAt, to) : undefined,
        beforePosition(payments.createdAt, payments.id, page),
      ),
    )
    .orderBy(desc(payments.createdAt), desc(payments.id))
    .limit(page.rows);
}

/** Whether the invoice is a payment already, on payments_invoice_key. */
export async function hasInvoicePayment(
  db: Db,
  { tenantId, invoiceId }: { tenantId: string; invoiceId: string },
): Promise<boolean> {
  const rows = await db
    .select({ id: payments.id })
    .from(payments)
    .where(and(eq(payments.tenantId, tenantId), eq(payments.invoiceId, invoiceId)));
  return rows.length > 0;
}

/** The payment of an invoice, held until the transaction ends. */
export async function findInvoicePaymentForUpdate(
  db: Db,
  { tenantId, invoiceId }: { tenantId: string; invoiceId: string },
): Promise<PaymentRow | undefined> {
  const rows = await db
    .select()
    .from(payments)
    .where(and(eq(payments.tenantId, tenantId), eq(payments.invoiceId, invoiceId)))
    .for('update');
  return rows[0];
}
