import { and, desc, eq, inArray, ne, not, sql } from 'drizzle-orm';
import type { ConversionStatus, ConvertingEvent, ReferralRule } from '#schemas/referrals.ts';
import type { Db } from '../client.ts';
import { knownCards } from '../schema/coupon-claims.ts';
import { referralConversions, referralRewards } from '../schema/referral-conversions.ts';
import { beforePosition, type PageRequest } from './paging.ts';

export type ConversionRow = typeof referralConversions.$inferSelect;
type Key = { tenantId: string; conversionId: string };

const isConversion = ({ tenantId, conversionId }: Key) =>
  and(eq(referralConversions.tenantId, tenantId), eq(referralConversions.id, conversionId));

/** False when it was counted already, by the brand's own name or by its payment: of many at once one is taken. */
export async function insertConversion(db: Db, row: ConversionRow): Promise<boolean> {
  const rows = await db
    .insert(referralConversions)
    .values(row)
    .onConflictDoNothing()
    .returning({ id: referralConversions.id });
  return rows.length > 0;
}

/** One whose payment a reorganisation took, as it is decided now that the money has come again. */
export async function reviveConversion(db: Db, row: ConversionRow): Promise<ConversionRow | undefined> {
  const { tenantId, paymentId, status, findings } = row;
  if (paymentId === null) return undefined;
  const rows = await db
    .update(referralConversions)
    .set({ status, findings, reversedAt: null, reversedBy: null })
    .where(
      and(
        eq(referralConversions.tenantId, tenantId),
        eq(referralConversions.paymentId, paymentId),
        eq(referralConversions.status, sql.raw("'reversed'")),
        eq(referralConversions.reversedBy, sql.raw("'reorganisation'")),
      ),
    )
    .returning();
  return rows[0];
}

export async function findConversion(db: Db, key: Key): Promise<ConversionRow | undefined> {
  return (await db.select().from(referralConversions).where(isConversion(key)))[0];
}

export async function findConversionByExternalId(
  db: Db,
  { tenantId, externalId }: { tenantId: string; externalId: string },
): Promise<ConversionRow | undefined> {
  const isIts = and(eq(referralConversions.tenantId, tenantId), eq(referralConversions.externalId, externalId));
  return (await db.select().from(referralConversions).where(isIts))[0];
}

export async function findConversionByPayment(
  db: Db,
  { tenantId, paymentId }: { tenantId: string; paymentId: string },
): Promise<ConversionRow | undefined> {
  const isIts = and(eq(referralConversions.tenantId, tenantId), eq(referralConversions.paymentId, paymentId));
  return (await db.select().from(referralConversions).where(isIts))[0];
}

type OfCard = { tenantId: string; userId: string; fingerprint: string; payerId?: string };

/** What a referrer has brought by people who paid with this card, or one of them, and is not rewarded yet. */
export function listHeldOfCard(db: Db, { tenantId, userId, fingerprint, payerId }: OfCard): Promise<ConversionRow[]> {
  const { referredId, id } = referralConversions;
  return db
    .select()
    .from(referralConversions)
    .where(
      and(
        eq(referralConversions.tenantId, tenantId),
        eq(referralConversions.referrerId, userId),
        payerId === undefined ? undefined : eq(referredId, payerId),
        sql`exists (select from ${knownCards} where ${knownCards.tenantId} = ${tenantId}
          and ${knownCards.userId} = ${referredId} and ${knownCards.fingerprint} = ${fingerprint})`,
        sql`exists (select from ${referralRewards} where ${referralRewards.tenantId} = ${tenantId}
          and ${referralRewards.conversionId} = ${id} and ${referralRewards.status} in ('held', 'pending'))`,
      ),
    )
    .orderBy(id);
}

type Moving = Key & {
  from: ConversionStatus[];
  change: Partial<Pick<ConversionRow, 'status' | 'findings' | 'reversedAt' | 'reversedBy' | 'decidedAt' | 'decidedBy'>>;
};

/** Moves it on, once: nothing for who comes second. */
export async function moveConversion(db: Db, { from, change, ...key }: Moving): Promise<ConversionRow | undefined> {
  const rows = await db
    .update(referralConversions)
    .set(change)
    .where(and(isConversion(key), inArray(referralConversions.status, from)))
    .returning();
  return rows[0];
}

const hasFinding = (rule: ReferralRule) => sql`${referralConversions.findings} @> ${sql.raw(`'[{"rule":"${rule}"}]'`)}`;

/** What the brand says is too little, or not its currency, counts for no reward and no milestone. */
const isEnough = and(not(hasFinding('BELOW_MINIMUM')), not(hasFinding('CURRENCY_MISMATCH')));
/** What was to take the place of another, and turned out to be the referrer's own, counts for no milestone. */
const isNotOwn = and(not(hasFinding('SAME_WALLET')), not(hasFinding('SAME_CARD')));

type Following = { tenantId: string; referralId: string; event: ConvertingEvent };

/** The oldest that stands and is enough, but was not rewarded as another of its referral was, on referral_conversions_referral_idx. */
export async function findNextConversion(
  db: Db,
  { tenantId, referralId, event }: Following,
): Promise<ConversionRow | undefined> {
  const rows = await db
    .select()
    .from(referralConversions)
    .where(
      and(
        eq(referralConversions.tenantId, tenantId),
        eq(referralConversions.referralId, referralId),
        eq(referralConversions.event, event),
        inArray(referralConversions.status, ['counted', 'review']),
        hasFinding('ALREADY_CONVERTED'),
        isEnough,
      ),
    )
    .orderBy(referralConversions.createdAt, referralConversions.id)
    .limit(1);
  return rows[0];
}

/** Those of a referral that wait for the team, oldest first. */
export function listConversionsOfReferral(
  db: Db,
  { tenantId, referralId, status }: { tenantId: string; referralId: string; status?: ConversionStatus },
): Promise<ConversionRow[]> {
  return db
    .select()
    .from(referralConversions)
    .where(
      and(
        eq(referralConversions.tenantId, tenantId),
        eq(referralConversions.referralId, referralId),
        status && eq(referralConversions.status, status),
      ),
    )
    .orderBy(referralConversions.createdAt, referralConversions.id);
}

type Counting = { tenantId: string; referrerId: string; event: ConvertingEvent; except?: string };

/** How many people a referrer has brought who did what is rewarded, also beyond the limits: what milestones count. */
export async function countConverted(db: Db, { tenantId, referrerId, event, except }: Counting): Promise<number> {
  const [row] = await db
    .select({ count: sql<number>`count(distinct ${referralConversions.referralId})::int` })
    .from(referralConversions)
    .where(
      and(
        eq(referralConversions.tenantId, tenantId),
        eq(referralConversions.referrerId, referrerId),
        eq(referralConversions.event, event),
        eq(referralConversions.status, sql.raw("'counted'")),
        isEnough,
        isNotOwn,
        except === undefined ? undefined : ne(referralConversions.id, except),
      ),
    );
  return row?.count ?? 0;
}

type Listing = { tenantId: string; status?: ConversionStatus | undefined; page: PageRequest };

export function listConversions(db: Db, { tenantId, status, page }: Listing): Promise<ConversionRow[]> {
  return db
    .select()
    .from(referralConversions)
    .where(
      and(
        eq(referralConversions.tenantId, tenantId),
        status && eq(referralConversions.status, status),
        beforePosition(referralConversions.createdAt, referralConversions.id, page),
      ),
    )
    .orderBy(desc(referralConversions.createdAt), desc(referralConversions.id))
    .limit(page.rows);
}
