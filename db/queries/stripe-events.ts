import { and, desc, eq, gt, inArray, lte, sql } from 'drizzle-orm';
import type { StripeEventStatus } from '#schemas/stripe-events.ts';
import type { Db } from '../client.ts';
import { prepared } from '../prepared.ts';
import { stripeEvents, stripeReadings } from '../schema/stripe-events.ts';
import { beforePosition, type PageRequest } from './paging.ts';

export type StripeEventRow = typeof stripeEvents.$inferSelect;

const insertion = prepared((db) =>
  db
    .insert(stripeEvents)
    .values({
      eventId: sql.placeholder('eventId'),
      id: sql.placeholder('id'),
      account: sql.placeholder('account'),
      type: sql.placeholder('type'),
      livemode: sql.placeholder('livemode'),
      payload: sql.placeholder('payload'),
      status: sql.placeholder('status'),
      attempts: sql.placeholder('attempts'),
      createdAt: sql.placeholder('createdAt'),
      receivedAt: sql.placeholder('receivedAt'),
      // As text: a placeholder of an instant cannot be null.
      processedAt: sql`${sql.placeholder('processedAt')}::timestamptz`,
      retryAt: sql`${sql.placeholder('retryAt')}::timestamptz`,
    })
    .onConflictDoNothing()
    .returning({ id: stripeEvents.id })
    .prepare('insert_stripe_event'),
);

/** False when it was told before: of two tellers at once one waits for the other. */
export async function insertStripeEvent(db: Db, event: Omit<StripeEventRow, 'error'>): Promise<boolean> {
  const { processedAt, retryAt } = event;
  const times = { processedAt: processedAt?.toISOString() ?? null, retryAt: retryAt?.toISOString() ?? null };
  return (await insertion(db).execute({ ...event, ...times })).length === 1;
}

export async function findStripeEvent(db: Db, eventId: string): Promise<StripeEventRow | undefined> {
  return (await db.select().from(stripeEvents).where(eq(stripeEvents.eventId, eventId)))[0];
}

/** The event, held until the transaction ends. */
export async function findStripeEventForUpdate(db: Db, eventId: string): Promise<StripeEventRow | undefined> {
  return (await db.select().from(stripeEvents).where(eq(stripeEvents.eventId, eventId)).for('update'))[0];
}

export type StripeEventChange = Partial<
  Pick<StripeEventRow, 'status' | 'attempts' | 'error' | 'processedAt' | 'retryAt'>
>;

export async function updateStripeEvent(
  db: Db,
  { eventId, change }: { eventId: string; change: StripeEventChange },
): Promise<StripeEventRow | undefined> {
  const rows = await db.update(stripeEvents).set(change).where(eq(stripeEvents.eventId, eventId)).returning();
  return rows[0];
}

/** Which of them were told already. */
export async function listKnownEventIds(db: Db, eventIds: readonly string[]): Promise<string[]> {
  const rows = await db
    .select({ eventId: stripeEvents.eventId })
    .from(stripeEvents)
    .where(inArray(stripeEvents.eventId, [...eventIds]));
  return rows.map(({ eventId }) => eventId);
}

/** What waits to be applied, on stripe_events_retry_idx. Taken: the next try is put off. */
export async function takeDueStripeEvents(
  db: Db,
  { now, until, limit }: { now: Date; until: Date; limit: number },
): Promise<StripeEventRow[]> {
  const due = sql`(select ${stripeEvents.eventId} from ${stripeEvents}
    where ${lte(stripeEvents.retryAt, now)} order by ${stripeEvents.retryAt} limit ${limit} for update skip locked)`;
  return db.update(stripeEvents).set({ retryAt: until }).where(sql`${stripeEvents.eventId} in ${due}`).returning();
}

type Filter = { status?: StripeEventStatus | undefined; type?: string | undefined; page: PageRequest };

/** Newest first, on stripe_events_list_idx. */
export function listStripeEvents(db: Db, { status, type, page }: Filter): Promise<StripeEventRow[]> {
  return db
    .select()
    .from(stripeEvents)
    .where(
      and(
        status ? eq(stripeEvents.status, status) : undefined,
        type ? eq(stripeEvents.type, type) : undefined,
        beforePosition(stripeEvents.receivedAt, stripeEvents.id, page),
      ),
    )
    .orderBy(desc(stripeEvents.receivedAt), desc(stripeEvents.id))
    .limit(page.rows);
}

export async function findReadUntil(db: Db, account: string): Promise<Date | undefined> {
  const rows = await db
    .select({ readUntil: stripeReadings.readUntil })
    .from(stripeReadings)
    .where(eq(stripeReadings.account, account));
  return rows[0]?.readUntil;
}

export async function saveReadUntil(db: Db, row: { account: string; readUntil: Date }): Promise<void> {
  await db
    .insert(stripeReadings)
    .values(row)
    .onConflictDoUpdate({ target: stripeReadings.account, set: { readUntil: row.readUntil } });
}

/** The connected accounts whose events were read before: what was begun on one goes on there. */
export async function listReadAccounts(db: Db): Promise<string[]> {
  const rows = await db
    .select({ account: stripeReadings.account })
    .from(stripeReadings)
    // '' is the platform's own.
    .where(gt(stripeReadings.account, ''));
  return rows.map(({ account }) => account);
}
