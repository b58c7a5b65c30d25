import { sql } from 'drizzle-orm';
import type { Db } from '../client.ts';

const DIMENSIONS = sql.raw(`(values ('total', ''), ('referrer', "referrer_id"::text), ('source', "source"),
  ('device', "device"), ('country', "country")) as "by"("dimension", "key")`);
const SPANS = sql.raw(
  `(values (1), (4), (16), (64), (256)) as "spans"("span") on "span" = 1 or "dimension" <> 'total'`,
);
const STARTS_ON = sql.raw(`"day" - ("day" - date '1970-01-01') % "span"`);
const COUNTS =
  sql.raw(`sum("clicks") as "clicks", sum("unique_visitors") as "unique_visitors", sum("signups") as "signups",
  sum("conversions") as "conversions", sum("rewards_points") as "rewards_points"`);

/**
 * Moves at most `limit` rows of activity, over all brands, to the rollups. Those that another process moves are left. The
 * rollups are taken in one order, so that two who count wait for each other. Says how many.
 */
export async function countActivity(db: Db, { limit }: { limit: number }): Promise<number> {
  const [row] = await db.execute<{ counted: number }>(sql`
    with "picked" as (
      select "tenant_id", "id" from "referral_activity" where "tenant_id" >= '00000000-0000-0000-0000-000000000000'
      order by "tenant_id", "id" limit ${limit} for update skip locked
    ), "moved" as (
      delete from "referral_activity" using "picked" where "referral_activity"."tenant_id" = "picked"."tenant_id"
        and "referral_activity"."id" = "picked"."id"
      returning "referral_activity".*
    ), "days" as (
      select "tenant_id", "dimension", "day", "key", ${COUNTS} from "moved" cross join lateral ${DIMENSIONS}
      where "key" is not null group by 1, 2, 3, 4
    ), "counted" as (
      insert into "referral_rollups"
        ("tenant_id", "dimension", "span", "starts_on", "key", "clicks", "unique_visitors", "signups", "conversions", "rewards_points")
      select "tenant_id", "dimension", "span", ${STARTS_ON}, "key", ${COUNTS} from "days" join ${SPANS}
      group by 1, 2, 3, 4, 5 order by 1, 2, 3, 4, 5
      on conflict ("tenant_id", "dimension", "span", "starts_on", "key") do update set
        "clicks" = "referral_rollups"."clicks" + excluded."clicks",
        "unique_visitors" = "referral_rollups"."unique_visitors" + excluded."unique_visitors",
        "signups" = "referral_rollups"."signups" + excluded."signups",
        "conversions" = "referral_rollups"."conversions" + excluded."conversions",
        "rewards_points" = "referral_rollups"."rewards_points" + excluded."rewards_points"
      returning 1
    ), "summed" as (
      insert into "referral_revenue" ("tenant_id", "dimension", "span", "starts_on", "key", "currency", "revenue")
      select "tenant_id", "dimension", "span", ${STARTS_ON}, "key", "currency", sum("revenue")
      from "moved" cross join lateral ${DIMENSIONS} join ${SPANS}
      where "key" is not null and "revenue" <> 0 and (select count(*) from "counted") >= 0
      group by 1, 2, 3, 4, 5, 6 order by 1, 2, 3, 4, 5, 6
      on conflict ("tenant_id", "dimension", "span", "starts_on", "key", "currency") do update set
        "revenue" = "referral_revenue"."revenue" + excluded."revenue"
    )
    select count(*)::int as "counted" from "moved"`);
  return row?.counted ?? 0;
}

type Move = { tenantId: string; from: string; to: string; now: Date };

/** Keeps the time zones of a brand that moves to another: the first one since ever. */
export async function insertReferralZones(tx: Db, { tenantId, from, to, now }: Move): Promise<void> {
  await tx.execute(sql`
    insert into "referral_zones" ("tenant_id", "since", "timezone")
    values (${tenantId}::uuid, '-infinity', ${from}), (${tenantId}::uuid, ${now.toISOString()}::timestamptz, ${to})
    on conflict ("tenant_id", "since") do update set "timezone" = excluded."timezone"
      where "referral_zones"."since" > '-infinity'`);
}
