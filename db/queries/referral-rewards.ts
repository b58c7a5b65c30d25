import { and, desc, eq, gt, gte, inArray, lt, lte, sql } from 'drizzle-orm';
import type { ConvertingEvent, ReferralRewardStatus, ReferralSide } from '#schemas/referrals.ts';
import type { Db } from '../client.ts';
import { referralConversions, referralRewards } from '../schema/referral-conversions.ts';
import { tenants } from '../schema/tenants.ts';
import { beforePosition, type PageRequest } from './paging.ts';

export type RewardRow = typeof referralRewards.$inferSelect;
type Key = { tenantId: string; rewardId: string };

const STANDING: ReferralRewardStatus[] = ['held', 'pending', 'granted'];
const stands = inArray(referralRewards.status, STANDING);
const isReward = ({ tenantId, rewardId }: Key) =>
  and(eq(referralRewards.tenantId, tenantId), eq(referralRewards.id, rewardId));

/** One stands for each side of a referral, and for each milestone: another is left out. */
export async function insertRewards(db: Db, rows: readonly RewardRow[]): Promise<void> {
  if (rows.length > 0)
    await db
      .insert(referralRewards)
      .values([...rows])
      .onConflictDoNothing();
}

export function listRewardsOfConversions(
  db: Db,
  { tenantId, conversionIds }: { tenantId: string; conversionIds: readonly string[] },
): Promise<RewardRow[]> {
  if (conversionIds.length === 0) return Promise.resolve([]);
  return db
    .select()
    .from(referralRewards)
    .where(and(eq(referralRewards.tenantId, tenantId), inArray(referralRewards.conversionId, [...conversionIds])))
    .orderBy(referralRewards.id);
}

/** Whether the conversion of a referral is rewarded already. */
export async function hasReward(db: Db, { tenantId, referralId }: { tenantId: string; referralId: string }) {
  const isIts = and(eq(referralRewards.tenantId, tenantId), eq(referralRewards.referralId, referralId));
  const rows = await db
    .select({ id: referralRewards.id })
    .from(referralRewards)
    .where(and(isIts, eq(referralRewards.milestone, 0), stands))
    .limit(1);
  return rows.length > 0;
}

type OfReferrer = { tenantId: string; userId: string };

const TAKING_PLACE: ReferralRewardStatus[] = ['pending', 'granted'];
type Counting = OfReferrer & { within: { from: Date; until: Date } | null };

/**
 * Rewards of a referrer that take a place in the limits: beside milestones, and what is under review. A place is of the
 * month of the conversion, whenever it came to be rewarded.
 */
export async function countRewards(db: Db, { tenantId, userId, within }: Counting): Promise<number> {
  const [row] = await db
    .select({ count: sql<number>`count(*)::int` })
    .from(referralRewards)
    .where(
      and(
        eq(referralRewards.tenantId, tenantId),
        eq(referralRewards.userId, userId),
        inArray(referralRewards.status, TAKING_PLACE),
        eq(referralRewards.side, sql.raw("'referrer'")),
        eq(referralRewards.milestone, 0),
        within
          ? and(
              gte(referralRewards.createdAt, within.from),
              sql`exists (select from ${referralConversions} where ${referralConversions.tenantId} = ${referralRewards.tenantId}
                and ${referralConversions.id} = ${referralRewards.conversionId}
                and ${gte(referralConversions.createdAt, within.from)} and ${lt(referralConversions.createdAt, within.until)})`,
            )
          : undefined,
      ),
    );
  return row?.count ?? 0;
}

/** Those whose hold is over, in all brands that are not suspended, on referral_rewards_due_idx. */
export function listDueRewards(db: Db, { now, limit }: { now: Date; limit: number }) {
  return db
    .select({ tenantId: referralRewards.tenantId, rewardId: referralRewards.id, attempts: referralRewards.attempts })
    .from(referralRewards)
    .innerJoin(tenants, and(eq(tenants.id, referralRewards.tenantId), sql`${tenants.status} <> 'suspended'`))
    .where(and(eq(referralRewards.status, sql.raw("'pending'")), lte(referralRewards.dueAt, now)))
    .orderBy(referralRewards.dueAt)
    .limit(limit);
}

/** Takes what is due, once: of two, or of a reversal at the same moment, one gets it. */
export async function takeDueReward(db: Db, { now, ...key }: Key & { now: Date }): Promise<RewardRow | undefined> {
  const rows = await db
    .update(referralRewards)
    .set({ status: 'granted', grantedAt: now, waitsFor: null })
    .where(and(isReward(key), eq(referralRewards.status, sql.raw("'pending'")), lte(referralRewards.dueAt, now)))
    .returning();
  return rows[0];
}

export async function postponeReward(
  db: Db,
  { waitsFor, dueAt, ...key }: Key & { waitsFor: string; dueAt: Date },
): Promise<void> {
  await db
    .update(referralRewards)
    .set({ waitsFor, dueAt, attempts: sql`${referralRewards.attempts} + 1` })
    .where(and(isReward(key), eq(referralRewards.status, sql.raw("'pending'"))));
}

type OfConversion = { tenantId: string; conversionId: string };
const isOf = ({ tenantId, conversionId }: OfConversion) =>
  and(eq(referralRewards.tenantId, tenantId), eq(referralRewards.conversionId, conversionId));

/** What was held for review waits for the end of its hold now. */
export async function releaseRewards(db: Db, key: OfConversion): Promise<void> {
  await db
    .update(referralRewards)
    .set({ status: 'pending' })
    .where(and(isOf(key), eq(referralRewards.status, sql.raw("'held'"))));
}

/** Who loses what waits: both sides, or the one that is named. */
export async function rejectRewards(db: Db, { side, ...key }: OfConversion & { side?: ReferralSide }): Promise<void> {
  await db
    .update(referralRewards)
    .set({ status: 'rejected' })
    .where(
      and(isOf(key), side && eq(referralRewards.side, side), inArray(referralRewards.status, ['held', 'pending'])),
    );
}

/** Takes back the rewards of a conversion that stand, beside milestones, which others may carry as well. Says which. */
export function reverseRewards(db: Db, { by, now, ...key }: OfConversion & { by: string; now: Date }) {
  return db
    .update(referralRewards)
    .set({ status: 'reversed', reversedAt: now, reversedBy: by })
    .where(and(isOf(key), eq(referralRewards.milestone, 0), stands))
    .returning();
}

type Falling = OfReferrer & { event: ConvertingEvent; above: number };

/** The milestones beyond what a referrer has reached with conversions of their kind; what another kind earned stays. */
const isFalling = ({ tenantId, userId, event, above }: Falling) =>
  and(
    eq(referralRewards.tenantId, tenantId),
    eq(referralRewards.userId, userId),
    gt(referralRewards.milestone, above),
    stands,
    sql`exists (select from ${referralConversions} where ${referralConversions.tenantId} = ${referralRewards.tenantId}
      and ${referralConversions.id} = ${referralRewards.conversionId} and ${referralConversions.event} = ${event})`,
  );

/** Takes back the milestones that a referrer has fallen below. */
export function reverseMilestones(db: Db, { by, now, ...falling }: Falling & { by: string; now: Date }) {
  return db
    .update(referralRewards)
    .set({ status: 'reversed', reversedAt: now, reversedBy: by })
    .where(isFalling(falling))
    .returning();
}

/** Those that it would take back. */
export function listFallingMilestones(db: Db, falling: Falling): Promise<RewardRow[]> {
  return db.select().from(referralRewards).where(isFalling(falling)).orderBy(referralRewards.id);
}

type Listing = { userId: string; tenantId?: string | undefined; page: PageRequest };

/** What a person has from referrals, in all brands or one, newest first: by user, on referral_rewards_of_user_idx. */
export function listRewardsOfUser(db: Db, { userId, tenantId, page }: Listing): Promise<RewardRow[]> {
  return db
    .select()
    .from(referralRewards)
    .where(
      and(
        eq(referralRewards.userId, userId),
        tenantId === undefined ? undefined : eq(referralRewards.tenantId, tenantId),
        beforePosition(referralRewards.createdAt, referralRewards.id, page),
      ),
    )
    .orderBy(desc(referralRewards.createdAt), desc(referralRewards.id))
    .limit(page.rows);
}

/** Rewards of a member by how they stand, on referral_rewards_member_idx. */
export function listRewardSums(db: Db, { tenantId, userId }: OfReferrer) {
  return db
    .select({
      status: referralRewards.status,
      count: sql<number>`count(*)::int`,
      points: sql<number>`sum(${referralRewards.points})::float8`,
    })
    .from(referralRewards)
    .where(and(eq(referralRewards.tenantId, tenantId), eq(referralRewards.userId, userId)))
    .groupBy(referralRewards.status);
}
