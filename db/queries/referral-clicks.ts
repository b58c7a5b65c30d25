import { and, desc, eq, lt, or, sql } from 'drizzle-orm';
import type { Db } from '../client.ts';
import { prepared } from '../prepared.ts';
import { referralClicks, referralLinks, referralSalts } from '../schema/referrals.ts';

export type ClickRow = typeof referralClicks.$inferSelect;
const value = (name: string) => sql.placeholder(name);

/** The secret of the day, made by whoever needs it first. */
export async function ensureSalt(db: Db, fresh: { day: string; salt: string }): Promise<string> {
  const ofDay = eq(referralSalts.day, fresh.day);
  const [found] = await db.select().from(referralSalts).where(ofDay);
  if (found) return found.salt;
  await db.insert(referralSalts).values(fresh).onConflictDoNothing();
  const [made] = await db.select().from(referralSalts).where(ofDay);
  if (!made) throw new Error('the salt of a day is gone');
  return made.salt;
}

/** Without it nobody can tell any more who a visitor of the day was. */
export async function deleteSalts(db: Db, { before }: { before: string }): Promise<void> {
  await db.delete(referralSalts).where(lt(referralSalts.day, before));
}

const insertion = prepared((db) =>
  db
    .insert(referralClicks)
    .values({
      tenantId: value('tenantId'),
      id: value('id'),
      linkId: value('linkId'),
      visitorHash: value('visitorHash'),
      visitorKey: value('visitorKey'),
      hourAt: value('hourAt'),
      isUnique: sql`not exists (select from ${referralClicks} where ${referralClicks.tenantId} = ${value('tenantId')}::uuid
        and ${referralClicks.visitorHash} = ${value('visitorHash')})`,
      source: value('source'),
      device: value('device'),
      country: value('country'),
      externalId: value('externalId'),
      createdAt: value('createdAt'),
    })
    .onConflictDoNothing()
    .returning({ id: referralClicks.id })
    .prepare('insert_referral_click'),
);

const counted = prepared((db) =>
  db
    .update(referralLinks)
    .set({ clicks: sql`${referralLinks.clicks} + 1` })
    .where(and(eq(referralLinks.tenantId, value('tenantId')), eq(referralLinks.id, value('linkId'))))
    .prepare('count_referral_click'),
);

/** False for a visitor who has clicked on the link in this hour, or a click that is known by its name: of many at once one counts. */
export async function insertClick(db: Db, row: Omit<ClickRow, 'isUnique'>): Promise<boolean> {
  const rows = await insertion(db).execute(row);
  if (rows.length === 0) return false;
  await counted(db).execute({ tenantId: row.tenantId, linkId: row.linkId });
  return true;
}

type Visitor = { tenantId: string; visitorHash: string; visitorKey: string | null };
const MOST_TOUCHES = 200;

/** The clicks of a visitor with the brand, newest first: by the client's own id, and by those of today. */
export function listClicksOfVisitor(db: Db, { tenantId, visitorHash, visitorKey }: Visitor): Promise<ClickRow[]> {
  const { createdAt, id } = referralClicks;
  const isSame = or(
    eq(referralClicks.visitorHash, visitorHash),
    visitorKey === null ? undefined : eq(referralClicks.visitorKey, visitorKey),
  );
  return db
    .select()
    .from(referralClicks)
    .where(and(eq(referralClicks.tenantId, tenantId), isSame))
    .orderBy(desc(createdAt), desc(id))
    .limit(MOST_TOUCHES);
}
