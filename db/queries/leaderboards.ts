import { sql } from 'drizzle-orm';
import type { LeaderboardPeriod } from '#schemas/leaderboards.ts';
import type { Db } from '../client.ts';
import { localDay } from '../local-days.ts';
import { prepared } from '../prepared.ts';
import { tenants } from '../schema/tenants.ts';

const value = (name: string) => sql.placeholder(name);
const tenantId = value('tenantId');
const period = sql`${value('period')}::text`;

// The period of now, by its first and last day.
const term = sql`(select "day"."today", case ${period} when 'day' then "day"."today"
    when 'week' then date_trunc('week', "day"."today"::timestamp)::date
    when 'month' then date_trunc('month', "day"."today"::timestamp)::date else date '1970-01-01' end as "starts_on"
  from (select ${localDay(sql`${value('now')}::timestamptz`, tenants.timezone)} as "today") as "day") as "term"`;

const isOfTerm = (table: 'leaderboard_scores' | 'leaderboard_buckets') => {
  const column = (name: string) => sql`${sql.identifier(table)}.${sql.identifier(name)}`;
  return sql`${column('tenant_id')} = ${tenantId} and ${column('period')} = ${period}
    and ${column('starts_on')} = "term"."starts_on"`;
};

const myMembership = sql`(select "memberships"."id" from "memberships" where "memberships"."tenant_id" = ${tenantId}
  and "memberships"."user_id" = ${value('userId')}::uuid limit 1)`;

const userId = sql`${value('userId')}::uuid`;

// The first rows of leaderboard_scores_top_idx: all that are above one of them are among them. Who they are is looked up for
// each, however many the planner thinks that there are: that is what the limits are for.
const entries = sql`(select coalesce(json_agg(json_build_object('rank', "shown"."rank", 'userId', "member"."user_id",
    'points', "shown"."points", 'isMe', "member"."user_id" is not distinct from ${userId},
    'name', case when "member"."hides_name" and "member"."user_id" is distinct from ${userId} then null else "person"."name" end)
    order by "shown"."points" desc, "shown"."membership_id"), '[]'::json)
  from (select "first"."membership_id", "first"."points", rank() over (order by "first"."points" desc) as "rank"
    from (select "leaderboard_scores"."membership_id", "leaderboard_scores"."points" from "leaderboard_scores"
      where ${isOfTerm('leaderboard_scores')} and "leaderboard_scores"."points" > 0
      order by "leaderboard_scores"."points" desc, "leaderboard_scores"."membership_id" limit ${value('limit')}) as "first") as "shown"
  cross join lateral (select "memberships"."user_id", "memberships"."hides_name" from "memberships"
    where "memberships"."tenant_id" = ${tenantId} and "memberships"."id" = "shown"."membership_id" limit 1) as "member"
  cross join lateral (select "users"."name" from "users" where "users"."id" = "member"."user_id" limit 1) as "person")`;

// Those in the buckets above the own ones on each level, up to the end of the one that all of them lie in on the next.
const above = sql`(select coalesce(sum("siblings"."members"), 0) from (values (0), (1), (2), (3)) as "resolution"("level")
  cross join lateral (select sum("leaderboard_buckets"."members") as "members" from "leaderboard_buckets"
    where ${isOfTerm('leaderboard_buckets')} and "leaderboard_buckets"."level" = "resolution"."level"
      and "leaderboard_buckets"."bucket" > "mine"."points" >> (10 * "resolution"."level")
      and "leaderboard_buckets"."bucket" < case "resolution"."level" when 3 then 9223372036854775807
        else (("mine"."points" >> (10 * "resolution"."level" + 10)) + 1) << 10 end) as "siblings")`;

// What the buckets do not know yet, in the same statement, so that none is counted twice or not at all.
const sinceCounted = sql`(select count(*) filter (where "leaderboard_scores"."points" > "mine"."points")
    - count(*) filter (where "leaderboard_scores"."counted" > "mine"."points") from "leaderboard_scores"
  where ${isOfTerm('leaderboard_scores')} and "leaderboard_scores"."uncounted")`;

const me = sql`(select json_build_object('points', "mine"."points", 'rank', 1 + ${above} + ${sinceCounted})
  from (select "leaderboard_scores"."points" from "leaderboard_scores" where ${isOfTerm('leaderboard_scores')}
    and "leaderboard_scores"."membership_id" = ${myMembership}) as "mine" where "mine"."points" > 0)`;

type Entry = { rank: number; userId: string; name: string | null; points: number; isMe: boolean };

const leaderboard = prepared((db) =>
  db
    .select({
      timezone: sql<string>`"tenants"."timezone"`,
      startsOn: sql<string>`"term"."starts_on"::text`,
      endsOn: sql<string>`(case ${period} when 'week' then "term"."starts_on" + 6
        when 'month' then ("term"."starts_on" + interval '1 month')::date - 1 else "term"."starts_on" end)::text`,
      entries: sql<Entry[]>`${entries}`,
      me: sql<{ rank: number; points: number } | null>`${me}`,
      isInTeam: sql<boolean>`exists (select 1 from "tenant_members" where "tenant_members"."tenant_id" = ${tenantId}
        and "tenant_members"."user_id" = ${value('userId')}::uuid)`,
    })
    .from(sql`"tenants" cross join lateral ${term}`)
    .where(sql`"tenants"."id" = ${tenantId} and "tenants"."status" <> 'suspended'`)
    .prepare('find_leaderboard'),
);

type Asking = { tenantId: string; userId: string | null; period: LeaderboardPeriod; limit: number; now: Date };

/** The best of the period of now and the place of one person, exact at the instant of the read, and whether they are staff. Undefined without brand. */
export async function findLeaderboard(db: Db, { now, ...asking }: Asking) {
  const [found] = await leaderboard(db).execute({ ...asking, now: now.toISOString() });
  return found;
}

const LEVELS = sql.raw('(values (0), (1), (2), (3)) as "resolution"("level")');

/**
 * Brings the buckets up to date with at most `limit` scores that they do not know yet, over all brands. Those that somebody
 * writes now are left. The buckets are taken in one order, so that two who count wait for each other. Says how many.
 */
export async function countScores(db: Db, { limit }: { limit: number }): Promise<number> {
  const [row] = await db.execute<{ counted: number }>(sql`
    with "picked" as (
      select "tenant_id", "period", "starts_on", "membership_id", "points", "counted" from "leaderboard_scores"
      where "tenant_id" >= '00000000-0000-0000-0000-000000000000' and "uncounted"
      order by "tenant_id", "period", "starts_on" limit ${limit} for update skip locked
    ), "done" as (
      update "leaderboard_scores" set "counted" = "picked"."points" from "picked"
      where "leaderboard_scores"."tenant_id" = "picked"."tenant_id" and "leaderboard_scores"."period" = "picked"."period"
        and "leaderboard_scores"."starts_on" = "picked"."starts_on"
        and "leaderboard_scores"."membership_id" = "picked"."membership_id"
      returning 1
    ), "moved" as (
      insert into "leaderboard_buckets" ("tenant_id", "period", "starts_on", "level", "bucket", "members")
      select "picked"."tenant_id", "picked"."period", "picked"."starts_on", "resolution"."level",
        "change"."points" >> (10 * "resolution"."level"), sum("change"."by")
      from "picked" cross join ${LEVELS}
        cross join lateral (values ("picked"."points", 1), ("picked"."counted", -1)) as "change"("points", "by")
      where "change"."points" > 0 group by 1, 2, 3, 4, 5 having sum("change"."by") <> 0 order by 1, 2, 3, 4, 5
      on conflict ("tenant_id", "period", "starts_on", "level", "bucket")
      do update set "members" = "leaderboard_buckets"."members" + excluded."members"
    )
    select count(*)::int as "counted" from "done"`);
  return row?.counted ?? 0;
}

const BUCKETS_A_BITE = 2_000;

/**
 * Deletes at most `limit` scores of periods that began before the day, over all brands, then their buckets, by which they
 * are found: on leaderboard_buckets_old_idx. Says how many rows went; none when all are gone.
 */
export async function deleteOldScores(db: Db, { before, limit }: { before: Date; limit: number }): Promise<number> {
  const [row] = await db.execute<{ deleted: number }>(sql`
    with "old" as (
      select "tenant_id", "period", "starts_on", "level", "bucket" from "leaderboard_buckets"
      where "period" <> 'all' and "starts_on" < (${before.toISOString()}::timestamptz at time zone 'UTC')::date
      order by "starts_on" limit ${BUCKETS_A_BITE}
    ), "term" as (
      select distinct "tenant_id", "period", "starts_on" from "old"
    ), "scores" as (
      delete from "leaderboard_scores" where ("tenant_id", "period", "starts_on", "membership_id") in (
        select "score"."tenant_id", "score"."period", "score"."starts_on", "score"."membership_id"
        from "term" cross join lateral (select * from "leaderboard_scores" where "leaderboard_scores"."tenant_id" = "term"."tenant_id"
          and "leaderboard_scores"."period" = "term"."period" and "leaderboard_scores"."starts_on" = "term"."starts_on"
          limit ${limit}) as "score" limit ${limit}
      ) returning 1
    ), "buckets" as (
      delete from "leaderboard_buckets" where ("tenant_id", "period", "starts_on", "level", "bucket") in (
        select "old".* from "old" natural join "term" where (select 1 from "leaderboard_scores"
          where "leaderboard_scores"."tenant_id" = "term"."tenant_id" and "leaderboard_scores"."period" = "term"."period"
          and "leaderboard_scores"."starts_on" = "term"."starts_on" limit 1) is null
      ) returning 1
    )
    select ((select count(*) from "scores") + (select count(*) from "buckets"))::int as "deleted"`);
  return row?.deleted ?? 0;
}
