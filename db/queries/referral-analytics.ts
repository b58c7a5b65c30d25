import { sql } from 'drizzle-orm';
import type { ReferralDimension } from '#schemas/referral-analytics.ts';
import { textArray } from '../batched.ts';
import type { Db } from '../client.ts';
import { prepared } from '../prepared.ts';

const value = (name: string) => sql.placeholder(name);
const tenantId = sql`${value('tenantId')}::uuid`;

const FIGURES = sql.raw('"clicks", "unique_visitors", "signups", "conversions", "rewards_points", "revenue"');
const SUMS =
  sql.raw(`sum("clicks") as "clicks", sum("unique_visitors") as "unique_visitors", sum("signups") as "signups",
  sum("conversions") as "conversions", sum("rewards_points") as "rewards_points", sum("revenue") as "revenue"`);
const AS_JSON =
  sql.raw(`'currency', "currency", 'clicks', "clicks", 'uniqueVisitors', "unique_visitors", 'signups', "signups",
  'conversions', "conversions", 'rewardsPoints', "rewards_points", 'revenue', "revenue"`);

const isInRange = (day: string) =>
  sql`${sql.identifier(day)} between ${value('fromOn')}::date and ${value('toOn')}::date`;

// What the rollups do not know yet is read in the same statement, so that nothing is counted twice or not at all.
const tail = sql`select * from "referral_activity" where "referral_activity"."tenant_id" = ${tenantId} and ${isInRange('day')}`;

const series = sql`(select coalesce(json_agg(json_build_object('period', "period", ${AS_JSON})), '[]'::json) from (
  select width_bucket("day", ${value('starts')}::date[]) as "period", "currency", ${SUMS} from (
    select "starts_on" as "day", "currency", ${FIGURES} from "referral_rollups"
    where "referral_rollups"."tenant_id" = ${tenantId} and "dimension" = 'total' and "span" = 1 and ${isInRange('starts_on')}
    union all select "day", "currency", ${FIGURES} from (${tail}) as "tail"
  ) as "days" group by 1, 2) as "points")`;

// The spans that make up the range are looked up one by one in the primary key.
const ofSpans = sql`select "rollup".* from unnest(${value('spans')}::int[], ${value('spansStartOn')}::date[]) as "wanted"("span", "starts_on")
  cross join (values ('referrer'), ('source'), ('device'), ('country')) as "by"("dimension")
  cross join lateral (select "dimension", "key", "currency", ${FIGURES} from "referral_rollups"
    where "referral_rollups"."tenant_id" = ${tenantId} and "referral_rollups"."dimension" = "by"."dimension"
      and "referral_rollups"."span" = "wanted"."span" and "referral_rollups"."starts_on" = "wanted"."starts_on"
    offset 0) as "rollup"`;
const ofTail = sql`select "dimension", "key", "currency", ${FIGURES} from (${tail}) as "tail" cross join lateral (
  values ('referrer', "referrer_id"::text), ('source', "source"), ('device', "device"), ('country', "country")) as "by"("dimension", "key")
  where "key" is not null`;

const lines = sql`(with "lines" as materialized (
    select "dimension", "key", "currency", ${SUMS} from (${ofSpans} union all ${ofTail}) as "parts" group by 1, 2, 3)
  select coalesce(json_agg(json_build_object('dimension', "dimension", 'key', "key",
    'name', (select "users"."name" from "users" where "dimension" = 'referrer' and "users"."id" = "key"::uuid), ${AS_JSON})
    order by "dimension", "place", "currency"), '[]'::json)
  from (select "dimension", "key", row_number() over (partition by "dimension" order by sum("conversions") desc,
      coalesce(sum("revenue") filter (where "currency" = ${value('currency')}), 0) desc, sum("signups") desc, sum("clicks") desc, "key") as "place"
    from "lines" group by 1, 2
    having sum("clicks") <> 0 or sum("signups") <> 0 or sum("conversions") <> 0 or sum("rewards_points") <> 0) as "ranked"
  join "lines" using ("dimension", "key")
  where "place" <= ${value('limit')} or "dimension" = 'device')`;

type Sums = Record<'clicks' | 'uniqueVisitors' | 'signups' | 'conversions' | 'rewardsPoints' | 'revenue', number>;
export type FigureSums = Sums & { currency: string };
/** Of a period, numbered from 1. */
export type PeriodSums = FigureSums & { period: number };
export type LineSums = FigureSums & {
  dimension: Exclude<ReferralDimension, 'total'>;
  key: string;
  name: string | null;
};

const analytics = prepared((db) =>
  db
    .select({ series: sql<PeriodSums[]>`${series}`, lines: sql<LineSums[]>`${lines}` })
    .from(sql`(values (1)) as "one"`)
    .prepare('find_referral_analytics'),
);

type Asking = {
  tenantId: string;
  fromOn: string;
  toOn: string;
  starts: readonly string[];
  spans: readonly { span: number; startsOn: string }[];
  currency: string;
  limit: number;
};

/** The figures of whole days by period, and the first lines by each dimension: each row of one currency. Exact at the instant of the read. */
export async function findReferralAnalytics(db: Db, { starts, spans, ...asking }: Asking) {
  const [found] = await analytics(db).execute({
    ...asking,
    starts: textArray(starts),
    spans: `{${spans.map(({ span }) => span).join()}}`,
    spansStartOn: textArray(spans.map(({ startsOn }) => startsOn)),
  });
  return found ?? { series: [], lines: [] };
}
