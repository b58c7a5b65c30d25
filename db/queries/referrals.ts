import { and, desc, eq, gte, inArray, ne, sql } from 'drizzle-orm';
import type { ReferralStatus } from '#schemas/referrals.ts';
import type { Db } from '../client.ts';
import { knownCards } from '../schema/coupon-claims.ts';
import { memberships } from '../schema/memberships.ts';
import { payments } from '../schema/payments.ts';
import { referralReferrers, referrals } from '../schema/referral-conversions.ts';
import { beforePosition, type PageRequest } from './paging.ts';

export type ReferralRow = typeof referrals.$inferSelect;
type Key = { tenantId: string; referralId: string };
type OfPerson = { tenantId: string; userId: string };

const isReferral = ({ tenantId, referralId }: Key) =>
  and(eq(referrals.tenantId, tenantId), eq(referrals.id, referralId));

/** False when the person was brought before, or this link was refused before: of two at once one is taken. */
export async function insertReferral(db: Db, row: ReferralRow): Promise<boolean> {
  const rows = await db.insert(referrals).values(row).onConflictDoNothing().returning({ id: referrals.id });
  return rows.length > 0;
}

export async function findReferral(db: Db, key: Key): Promise<ReferralRow | undefined> {
  return (await db.select().from(referrals).where(isReferral(key)))[0];
}

export async function findReferralForUpdate(db: Db, key: Key): Promise<ReferralRow | undefined> {
  return (await db.select().from(referrals).where(isReferral(key)).for('update'))[0];
}

/** Who brought a person, unless it was refused: on referrals_referred_key. */
export async function findReferralOf(db: Db, { tenantId, userId }: OfPerson): Promise<ReferralRow | undefined> {
  const rows = await db
    .select()
    .from(referrals)
    .where(
      and(
        eq(referrals.tenantId, tenantId),
        eq(referrals.referredId, userId),
        ne(referrals.status, sql.raw("'refused'")),
      ),
    );
  return rows[0];
}

export async function findRefusedReferral(
  db: Db,
  { tenantId, userId, linkId }: OfPerson & { linkId: string },
): Promise<ReferralRow | undefined> {
  const isRefused = eq(referrals.status, sql.raw("'refused'"));
  const isIts = and(eq(referrals.tenantId, tenantId), eq(referrals.referredId, userId), eq(referrals.linkId, linkId));
  return (await db.select().from(referrals).where(and(isIts, isRefused)))[0];
}

export async function findReferralByExternalId(
  db: Db,
  { tenantId, externalId }: { tenantId: string; externalId: string },
): Promise<ReferralRow | undefined> {
  const isIts = and(eq(referrals.tenantId, tenantId), eq(referrals.externalId, externalId));
  return (await db.select().from(referrals).where(isIts))[0];
}

/** Whether `ancestorId` brought the person, or who brought them, and so on. */
export async function isBroughtBy(
  db: Db,
  { tenantId, userId, ancestorId }: OfPerson & { ancestorId: string },
): Promise<boolean> {
  const rows = await db.execute(sql`
    with recursive "above" as (
      select ${referrals.referrerId} from ${referrals}
      where ${referrals.tenantId} = ${tenantId} and ${referrals.referredId} = ${userId} and ${referrals.status} <> 'refused'
      union
      select ${referrals.referrerId} from ${referrals} join "above" on ${referrals.referredId} = "above"."referrer_id"
      where ${referrals.tenantId} = ${tenantId} and ${referrals.status} <> 'refused'
    ) select 1 from "above" where "referrer_id" = ${ancestorId}`);
  return rows.length > 0;
}

/** How many a person has brought since. */
export async function countReferralsSince(
  db: Db,
  { tenantId, userId, since }: OfPerson & { since: Date },
): Promise<number> {
  const isSince = and(
    eq(referrals.tenantId, tenantId),
    eq(referrals.referrerId, userId),
    gte(referrals.createdAt, since),
  );
  return (await db.select({ count: sql<number>`count(*)::int` }).from(referrals).where(isSince))[0]?.count ?? 0;
}

/** Since when a person has been with the brand, and whether they have paid. */
export async function findPastOf(db: Db, { tenantId, userId }: OfPerson) {
  const [joined] = await db
    .select({ createdAt: memberships.createdAt })
    .from(memberships)
    .where(and(eq(memberships.tenantId, tenantId), eq(memberships.userId, userId)));
  const paid = await db
    .select({ id: payments.id })
    .from(payments)
    .where(
      and(eq(payments.tenantId, tenantId), eq(payments.userId, userId), eq(payments.status, sql.raw("'succeeded'"))),
    )
    .limit(1);
  return { joinedAt: joined?.createdAt ?? null, hasPaid: paid.length > 0 };
}

/** Whether both have paid the brand with one card. */
export async function shareCard(
  db: Db,
  { tenantId, userIds }: { tenantId: string; userIds: [string, string] },
): Promise<boolean> {
  const rows = await db
    .select({ fingerprint: knownCards.fingerprint })
    .from(knownCards)
    .where(and(eq(knownCards.tenantId, tenantId), inArray(knownCards.userId, userIds)))
    .groupBy(knownCards.fingerprint)
    .having(sql`count(*) > 1`)
    .limit(1);
  return rows.length > 0;
}

/** Holds what a referrer's limits and milestones are counted under. */
export async function holdReferrer(db: Db, { tenantId, userId, now }: OfPerson & { now: Date }): Promise<void> {
  await db.insert(referralReferrers).values({ tenantId, userId, createdAt: now }).onConflictDoNothing();
  const isIts = and(eq(referralReferrers.tenantId, tenantId), eq(referralReferrers.userId, userId));
  await db.select({ userId: referralReferrers.userId }).from(referralReferrers).where(isIts).for('update');
}

/** Decides what is under review, once: nothing for who comes second. */
export async function decideReferral(
  db: Db,
  { status, decidedBy, now, ...key }: Key & { status: 'attributed' | 'rejected'; decidedBy: string; now: Date },
): Promise<ReferralRow | undefined> {
  const rows = await db
    .update(referrals)
    .set({ status, decidedBy, decidedAt: now })
    .where(and(isReferral(key), eq(referrals.status, sql.raw("'review'"))))
    .returning();
  return rows[0];
}

type Listing = { tenantId: string; status?: ReferralStatus | undefined; page: PageRequest };

export function listReferrals(db: Db, { tenantId, status, page }: Listing): Promise<ReferralRow[]> {
  return db
    .select()
    .from(referrals)
    .where(
      and(
        eq(referrals.tenantId, tenantId),
        status && eq(referrals.status, status),
        beforePosition(referrals.createdAt, referrals.id, page),
      ),
    )
    .orderBy(desc(referrals.createdAt), desc(referrals.id))
    .limit(page.rows);
}
