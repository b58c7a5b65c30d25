import { and, desc, eq, isNotNull, isNull, lte, notInArray, sql } from 'drizzle-orm';
import type { SubscriptionStatus } from '#schemas/subscriptions.ts';
import type { Db } from '../client.ts';
import { subscriptions } from '../schema/subscriptions.ts';
import type { OnceKey } from './payments.ts';

export type SubscriptionRow = typeof subscriptions.$inferSelect;
type Key = { tenantId: string; subscriptionId: string };
const isOne = ({ tenantId, subscriptionId }: Key) =>
  and(eq(subscriptions.tenantId, tenantId), eq(subscriptions.id, subscriptionId));

const ENDED: SubscriptionStatus[] = ['canceled', 'incomplete_expired'];

/** False when the person has one in this brand that has not ended. */
export async function insertSubscription(db: Db, row: typeof subscriptions.$inferInsert): Promise<boolean> {
  const rows = await db.insert(subscriptions).values(row).onConflictDoNothing().returning({ id: subscriptions.id });
  return rows.length === 1;
}

/** The one of the person in the brand that has not ended, on subscriptions_running_key. */
export async function findRunningSubscription(
  db: Db,
  { tenantId, userId }: { tenantId: string; userId: string },
): Promise<SubscriptionRow | undefined> {
  const rows = await db
    .select()
    .from(subscriptions)
    .where(
      and(
        eq(subscriptions.tenantId, tenantId),
        eq(subscriptions.userId, userId),
        notInArray(subscriptions.status, ENDED),
      ),
    );
  return rows[0];
}

/** Whether the person ever had a trial in the brand. */
export async function hasHadTrial(
  db: Db,
  { tenantId, userId }: { tenantId: string; userId: string },
): Promise<boolean> {
  const rows = await db
    .select({ id: subscriptions.id })
    .from(subscriptions)
    .where(
      and(eq(subscriptions.tenantId, tenantId), eq(subscriptions.userId, userId), isNotNull(subscriptions.trialEnd)),
    )
    .orderBy(desc(subscriptions.createdAt))
    .limit(1);
  return rows.length > 0;
}

/** Of any brand, on subscriptions_id_idx: whoever asks for it by its id alone is judged by the row. */
export async function findSubscriptionById(db: Db, subscriptionId: string): Promise<SubscriptionRow | undefined> {
  return (await db.select().from(subscriptions).where(eq(subscriptions.id, subscriptionId)))[0];
}

export async function findSubscription(db: Db, key: Key): Promise<SubscriptionRow | undefined> {
  return (await db.select().from(subscriptions).where(isOne(key)))[0];
}

export async function findSubscriptionForUpdate(db: Db, key: Key): Promise<SubscriptionRow | undefined> {
  return (await db.select().from(subscriptions).where(isOne(key)).for('update'))[0];
}

export type SubscriptionChange = Partial<
  Omit<SubscriptionRow, 'tenantId' | 'id' | 'userId' | 'onceKey' | 'account' | 'createdAt' | 'updatedAt'>
>;

/** The caller holds the row. */
export async function updateSubscription(
  db: Db,
  { change, now, ...key }: Key & { change: SubscriptionChange; now: Date },
): Promise<SubscriptionRow> {
  const [row] = await db
    .update(subscriptions)
    .set({ ...change, updatedAt: now })
    .where(isOne(key))
    .returning();
  if (!row) throw new Error('a subscription is gone');
  return row;
}

/** Written once, by whichever call made it at the processor first. */
export async function setCardSubscription(
  db: Db,
  { cardSubscriptionId, priceId, now, ...key }: Key & { cardSubscriptionId: string; priceId: string; now: Date },
): Promise<void> {
  await db
    .update(subscriptions)
    .set({ cardSubscriptionId, priceId, updatedAt: now })
    .where(and(isOne(key), isNull(subscriptions.cardSubscriptionId)));
}

/** What a job should look at, over all brands, on subscriptions_check_idx. Taken: the next look is put off. */
export async function takeDueSubscriptions(
  db: Db,
  { now, until, limit }: { now: Date; until: Date; limit: number },
): Promise<SubscriptionRow[]> {
  const due = sql`(select ${subscriptions.tenantId}, ${subscriptions.id} from ${subscriptions}
    where ${lte(subscriptions.checkAt, now)} order by ${subscriptions.checkAt} limit ${limit} for update skip locked)`;
  return db
    .update(subscriptions)
    .set({ checkAt: until })
    .where(sql`(${subscriptions.tenantId}, ${subscriptions.id}) in ${due}`)
    .returning();
}

/** What the same request made before, after `since`: an older one has given the key free. */
export async function findSubscriptionByOnceKey(
  db: Db,
  { tenantId, onceKey, since }: OnceKey,
): Promise<SubscriptionRow | undefined> {
  const rows = await db
    .select()
    .from(subscriptions)
    .where(and(eq(subscriptions.tenantId, tenantId), eq(subscriptions.onceKey, onceKey)));
  const [row] = rows;
  if (!row || row.createdAt >= since) return row;
  await db
    .update(subscriptions)
    .set({ onceKey: null })
    .where(and(eq(subscriptions.tenantId, tenantId), eq(subscriptions.onceKey, onceKey)));
  return undefined;
}

/** Over here at once, whatever the processor is told and when. */
export async function endSubscription(db: Db, { now, ...key }: Key & { now: Date }): Promise<void> {
  const change = { status: 'canceled' as const, canceledAt: now, endedAt: now, checkAt: null, updatedAt: now };
  await db
    .update(subscriptions)
    .set({ ...change, version: sql`${subscriptions.version} + 1` })
    .where(and(isOne(key), notInArray(subscriptions.status, ENDED)));
}

/** Of any brand, on subscriptions_card_idx: an invoice names only the processor's subscription. */
export async function findSubscriptionByCardId(
  db: Db,
  cardSubscriptionId: string,
): Promise<SubscriptionRow | undefined> {
  const rows = await db.select().from(subscriptions).where(eq(subscriptions.cardSubscriptionId, cardSubscriptionId));
  return rows[0];
}

/** Written once; the first stays, and is the answer. */
export async function setSubscriptionPrice(db: Db, { priceId, ...key }: Key & { priceId: string }): Promise<string> {
  const [row] = await db
    .update(subscriptions)
    .set({ priceId: sql`coalesce(${subscriptions.priceId}, ${priceId})` })
    .where(isOne(key))
    .returning({ priceId: subscriptions.priceId });
  return row?.priceId ?? priceId;
}
