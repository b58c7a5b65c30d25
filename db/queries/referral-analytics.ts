import { sql } from 'drizzle-orm';
import type { ReferralDimension } from '#schemas/referral-analytics.ts';
import { textArray } from '../batched.ts';
import type { Db } from '../client.ts';
import { prepared } from '../prepared.ts';

const value = (name: string) => sql.placeholder(name);
const tenantId = sql`${value('tenantId')}::uuid`;

const COUNTS = sql.raw('"clicks", "unique_visitors", "signups", "conversions", "rewards_points"');
// Numbers of JSON: exact below 2^53, and a good deal faster than the numeric that a sum of bigint is.
const SUMS = sql.raw(`sum("clicks"::float8) as "clicks", sum("unique_visitors"::float8) as "unique_visitors",
  sum("signups"::float8) as "signups", sum("conversions"::float8) as "conversions", sum("rewards_points"::float8) as "rewards_points"`);
const AS_JSON = sql.raw(`'clicks', "clicks", 'uniqueVisitors', "unique_visitors", 'signups', "signups",
  'conversions', "conversions", 'rewardsPoints', "rewards_points"`);
const DIMENSIONS = sql.raw(`(values ('referrer', "referrer_id"::text), ('source', "source"), ('device', "device"),
  ('country', "country")) as "by"("dimension", "key")`);

const isInRange = (day: string) =>
  sql`${sql.identifier(day)} between ${value('fromOn')}::date and ${value('toOn')}::date`;
const isOfDay = (table: 'referral_rollups' | 'referral_revenue') =>
  sql`${sql.identifier(table)}."tenant_id" = ${tenantId} and "dimension" = 'total' and "span" = 1 and ${isInRange('starts_on')}`;
const period = sql`width_bucket("day", ${value('starts')}::date[]) as "period"`;

// What the rollups do not know yet is read in the same statement, so that nothing is counted twice or not at all.
const tail = sql`select * from "referral_activity" where "referral_activity"."tenant_id" = ${tenantId} and ${isInRange('day')}`;

const series = sql`select ${period}, ${SUMS} from (
    select "starts_on" as "day", ${COUNTS} from "referral_rollups" where ${isOfDay('referral_rollups')}
    union all select "day", ${COUNTS} from "tail") as "days" group by 1`;
const seriesRevenue = sql`select ${period}, "currency", sum("revenue") as "revenue" from (
    select "starts_on" as "day", "currency", "revenue" from "referral_revenue" where ${isOfDay('referral_revenue')}
    union all select "day", "currency", "revenue" from "tail" where "revenue" <> 0) as "days" group by 1, 2`;

// The spans that make up the range are looked up one by one in the primary keys.
const spans = sql`select * from unnest(${value('spans')}::int[], ${value('spansStartOn')}::date[]) as "span"("span", "starts_on")`;
const ofSpan = (table: 'referral_rollups' | 'referral_revenue', dimension: 'by' | 'lines') =>
  sql`${sql.identifier(table)}."tenant_id" = ${tenantId} and ${sql.identifier(table)}."dimension" = ${sql.identifier(dimension)}."dimension"
    and ${sql.identifier(table)}."span" = "spans"."span" and ${sql.identifier(table)}."starts_on" = "spans"."starts_on"`;

const sums = sql`select "dimension", "key", ${SUMS} from (
    select "by"."dimension", "found".* from "spans"
    cross join (values ('referrer'), ('source'), ('device'), ('country')) as "by"("dimension")
    cross join lateral (select "key", ${COUNTS} from "referral_rollups" where ${ofSpan('referral_rollups', 'by')} offset 0) as "found"
    union all select "dimension", "key", ${COUNTS} from "tail" cross join lateral ${DIMENSIONS} where "key" is not null
  ) as "parts" group by 1, 2`;
const lines = sql`select * from (select *, row_number() over (partition by "dimension"
    order by "conversions" desc, "signups" desc, "clicks" desc, "key") as "place" from (${sums}) as "sums"
    where "clicks" > 0 or "signups" > 0 or "conversions" > 0 or "rewards_points" > 0) as "ranked"
  where "place" <= ${value('limit')} or "dimension" = 'device'`;
const linesRevenue = sql`select "dimension", "key", "currency", sum("revenue") as "revenue" from (
    select "lines"."dimension", "lines"."key", "found".* from "lines" cross join "spans"
    cross join lateral (select "currency", "revenue" from "referral_revenue"
      where ${ofSpan('referral_revenue', 'lines')} and "referral_revenue"."key" = "lines"."key" offset 0) as "found"
    union all select "dimension", "key", "currency", "revenue" from "tail" cross join lateral ${DIMENSIONS}
    join "lines" using ("dimension", "key") where "revenue" <> 0
  ) as "parts" group by 1, 2, 3`;

const found = sql<Found>`(with "tail" as materialized (${tail}), "spans" as materialized (${spans}), "lines" as materialized (${lines})
  select json_build_object(
    'series', (select coalesce(json_agg(json_build_object('period', "period", ${AS_JSON})), '[]'::json) from (${series}) as "series"),
    'seriesRevenue', (select coalesce(json_agg("revenue".*), '[]'::json) from (${seriesRevenue}) as "revenue"),
    'lines', (select coalesce(json_agg(json_build_object('dimension', "dimension", 'key', "key", 'name',
        (select "users"."name" from "users" where "dimension" = 'referrer' and "users"."id" = "key"::uuid), ${AS_JSON})
      order by "place"), '[]'::json) from "lines"),
    'linesRevenue', (select coalesce(json_agg("revenue".*), '[]'::json) from (${linesRevenue}) as "revenue")))`;

const analytics = prepared((db) =>
  db.select({ found }).from(sql`(values (1)) as "one"`).prepare('find_referral_analytics'),
);

type Counts = Record<'clicks' | 'uniqueVisitors' | 'signups' | 'conversions' | 'rewardsPoints', number>;
type Revenue = { currency: string; revenue: number };
/** Of a period, numbered from 1. */
type OfPeriod = { period: number };
type OfLine = { dimension: Exclude<ReferralDimension, 'total'>; key: string };
export type Line = OfLine & Counts & { name: string | null };
type Found = {
  series: (OfPeriod & Counts)[];
  seriesRevenue: (OfPeriod & Revenue)[];
  lines: Line[];
  linesRevenue: (OfLine & Revenue)[];
};

type Asking = {
  tenantId: string;
  fromOn: string;
  toOn: string;
  starts: readonly string[];
  spans: readonly { span: number; startsOn: string }[];
  limit: number;
};

/** The figures of whole days by period, and the first lines of each dimension: in one statement, exact at the instant of the read. */
export async function findReferralAnalytics(db: Db, { starts, spans: wanted, ...asking }: Asking): Promise<Found> {
  const [row] = await analytics(db).execute({
    ...asking,
    starts: textArray(starts),
    spans: `{${wanted.map(({ span }) => span).join()}}`,
    spansStartOn: textArray(wanted.map(({ startsOn }) => startsOn)),
  });
  if (!row) throw new Error('a select of values returned no row');
  return row.found;
}
