import { and, desc, eq, sql } from 'drizzle-orm';
import type { Db } from '../client.ts';
import { localDay } from '../local-days.ts';
import { prepared } from '../prepared.ts';
import { leaderboardScores } from '../schema/leaderboards.ts';
import { memberships } from '../schema/memberships.ts';
import { pointEntries } from '../schema/points.ts';
import { tenants } from '../schema/tenants.ts';
import { beforePosition, type PageRequest } from './paging.ts';
import { isTierUnsettled } from './point-tiers.ts';

export type PointEntryRow = typeof pointEntries.$inferSelect;

/** A member's movements of points, newest first. */
export function listPointEntries(
  db: Db,
  { tenantId, membershipId, page }: { tenantId: string; membershipId: string; page: PageRequest },
): Promise<PointEntryRow[]> {
  return db
    .select()
    .from(pointEntries)
    .where(
      and(
        eq(pointEntries.tenantId, tenantId),
        eq(pointEntries.membershipId, membershipId),
        beforePosition(pointEntries.createdAt, pointEntries.id, page),
      ),
    )
    .orderBy(desc(pointEntries.createdAt), desc(pointEntries.id))
    .limit(page.rows);
}

const value = (name: string) => sql.placeholder(name);
const [tenantId, membershipId, causeId] = [value('tenantId'), value('membershipId'), value('causeId')];
const amount = sql`${value('amount')}::bigint`;
const now = sql`${value('createdAt')}::timestamptz`;
const balance = sql`${memberships.points} + ${amount}`;

/** The balance, which of two who take the last points one finds too small, with all that depends on it. */
const moving = (db: Db) =>
  db
    .update(memberships)
    .set({
      points: balance,
      pointsEarned: sql`${memberships.pointsEarned} + case when ${value('qualifies')}::boolean then ${amount} else 0 end`,
      pointsActiveAt: sql`case when ${value('byMember')}::boolean or (${memberships.points} <= 0 and ${balance} > 0)
        then greatest(${memberships.pointsActiveAt}, ${now}) else ${memberships.pointsActiveAt} end`,
      pointsExpireAt: sql`case when ${balance} <= 0 then null else least(${memberships.pointsExpireAt}, ${now} +
        (select "expiry_days" from "point_policies" where "point_policies"."tenant_id" = ${tenantId}) * interval '24 hours') end`,
    })
    .where(
      and(
        eq(memberships.tenantId, tenantId),
        eq(memberships.id, membershipId),
        sql`(${value('mayOverdraw')}::boolean or ${balance} >= 0)`,
        sql`(${value('isExpiry')}::boolean or coalesce(${memberships.pointsExpireAt} > ${now}, true))`,
      ),
    )
    .returning({
      balance: memberships.points,
      pointsEarned: memberships.pointsEarned,
      userId: memberships.userId,
      tierId: memberships.tierId,
      status: memberships.status,
      endsAt: memberships.endsAt,
      subscriptionId: memberships.subscriptionId,
      pointsTierId: memberships.pointsTierId,
      tierFallsAt: memberships.tierFallsAt,
    });

// What is taken back counts where it was earned: on the day of the same cause, whatever zone the brand has now.
const countsOn = sql`case when ${value('counts')}::boolean then coalesce(
  case when ${amount} < 0 then (select "point_entries"."counts_on" from "point_entries"
    where "point_entries"."tenant_id" = ${tenantId} and "point_entries"."cause_id" = ${causeId}::uuid
      and "point_entries"."membership_id" = ${membershipId} and "point_entries"."counts_on" is not null limit 1) end,
  (select ${localDay(sql`${value('earnedAt')}::timestamptz`, tenants.timezone)} from "tenants" where "tenants"."id" = ${tenantId})
) end`;

/** The day, the week, the month and the whole time that "written" counts in. Its member is held, so that nobody else writes them. */
const scoring = (db: Db) =>
  db
    .insert(leaderboardScores)
    .select(
      sql`select ${tenantId}::uuid, "term"."period", "term"."starts_on", ${membershipId}::uuid, "written"."amount", 0
          from "written" cross join lateral (values ('day', "counts_on"), ('week', date_trunc('week', "counts_on"::timestamp)::date),
            ('month', date_trunc('month', "counts_on"::timestamp)::date), ('all', date '1970-01-01')) as "term"("period", "starts_on")
          where "written"."counts_on" is not null`,
    )
    .onConflictDoUpdate({
      target: [
        leaderboardScores.tenantId,
        leaderboardScores.period,
        leaderboardScores.startsOn,
        leaderboardScores.membershipId,
      ],
      set: { points: sql`${leaderboardScores.points} + excluded.points` },
    });

const movement = prepared((db) => {
  const moved = db.$with('moved').as(moving(db));
  const written = db.$with('written').as(
    db
      .insert(pointEntries)
      .select(
        sql`select ${tenantId}::uuid, ${value('id')}::uuid, ${membershipId}::uuid, ${amount}, ${value('reason')}::text,
          ${value('note')}::text, ${value('causeType')}::text, ${causeId}::uuid, ${countsOn}, ${now} from "moved"`,
      )
      .returning({ amount: pointEntries.amount, countsOn: pointEntries.countsOn }),
  );
  const scored = db.$with('scored').as(scoring(db));
  return db
    .with(moved, written, scored)
    .select({
      balance: moved.balance,
      userId: moved.userId,
      isTierUnsettled: isTierUnsettled(tenantId),
      countsOn: sql<string | null>`(select "counts_on"::text from "written")`,
    })
    .from(moved)
    .prepare('move_points');
});

export type Movement = Omit<PointEntryRow, 'countsOn'> & {
  mayOverdraw: boolean;
  /** It is what expires: any other movement waits until what is due has expired. */
  isExpiry: boolean;
  byMember: boolean;
  qualifies: boolean;
  counts: boolean;
  earnedAt: Date;
};

/**
 * A movement with all that follows from it for the membership and the leaderboards, in one conditional statement. Nothing
 * when there are too few points, or points to expire first.
 */
export async function insertPointEntry(db: Db, { earnedAt, createdAt, ...entry }: Movement) {
  const [moved] = await movement(db).execute({
    ...entry,
    earnedAt: earnedAt.toISOString(),
    createdAt: createdAt.toISOString(),
  });
  return moved;
}
