import postgres from 'postgres';

export const EVENTS = 10_000_000;
export const UNCOUNTED = 20_000;
const REFERRERS = 10_000;
const AT_ONCE = 1_000_000;
const DAYS = 365;

/**
 * A year of referrals of a brand, up to today: of 100 events 88 are clicks, 8 sign-ups, 3 conversions and 1 is a reward;
 * some of the 10,000 referrers and 200 sources have many, most have few. The rollups are made as the job makes them, in
 * the order of their days but in one go; the last events are left for the job, as the triggers note them.
 */
export async function fillReferrals(databaseUrl: string, tenantId: string): Promise<void> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  try {
    await sql`set work_mem = '256MB'`;
    await sql`insert into users (id, email, name, created_at, updated_at)
      select ${sql.unsafe(userOf('n'))}, 'referrer-' || n || '@example.com', 'Referrer ' || n, now(), now()
      from generate_series(0, ${REFERRERS - 1}::int) n`;
    for (let first = 0; first < EVENTS - UNCOUNTED; first += AT_ONCE) {
      await fillDays(sql, { tenantId, first, last: Math.min(first + AT_ONCE, EVENTS - UNCOUNTED) - 1 });
    }
    await sumSpans(sql);
    await sql`insert into referral_activity (tenant_id, day, referrer_id, source, device, country, currency, ${COUNTS(sql)}, revenue)
      select ${tenantId}::uuid, day, referrer_id, source, device, country, currency, ${COUNTS(sql)}, revenue
      from (${drawn(sql, { first: EVENTS - UNCOUNTED, last: EVENTS - 1 })}) d`;
    await sql`vacuum (analyze) users, referral_activity, referral_rollups, referral_revenue`;
  } finally {
    await sql.end();
  }
}

const userOf = (number: string) => `('00000000-0000-7000-8000-' || lpad(to_hex(${number}), 12, '0'))::uuid`;
const NAMES = ['clicks', 'unique_visitors', 'signups', 'conversions', 'rewards_points'];
const COUNTS = (sql: postgres.Sql) => sql.unsafe(NAMES.join(', '));
const SUMS = (sql: postgres.Sql) => sql.unsafe(NAMES.map((name) => `sum(${name})`).join(', '));
const ADDED = (sql: postgres.Sql) =>
  sql.unsafe(NAMES.map((name) => `${name} = referral_rollups.${name} + excluded.${name}`).join(', '));

type Range = { first: number; last: number };

/** The events in order of their days, the last one of today. */
function drawn(sql: postgres.Sql, { first, last }: Range) {
  return sql`
    select day, ${sql.unsafe(userOf('who'))} as referrer_id, 'source-' || source as source,
      case when kind < 88 then case when place < 0.6 then 'mobile' when place < 0.9 then 'desktop' else 'tablet' end end as device,
      case when kind < 88 and country < 60 then chr(65 + country / 26) || chr(65 + country % 26) end as country,
      case when kind not between 88 and 90 then null when place < 0.9 then 'GBP' else 'EUR' end as currency,
      (kind < 88)::int as clicks, (kind < 60)::int as unique_visitors, (kind between 92 and 99)::int as signups,
      (kind between 88 and 90)::int as conversions, case kind when 91 then 100 else 0 end as rewards_points,
      case when kind between 88 and 90 then amount else 0 end as revenue
    from (select current_date - ${DAYS - 1}::int + (n * ${DAYS}::bigint / ${EVENTS}::bigint)::int as day,
        floor(${REFERRERS}::int * random() ^ 2)::int as who, floor(200 * random() ^ 2)::int as source,
        floor(100 * random())::int as kind, random() as place, floor(70 * random() ^ 2)::int as country,
        500 + floor(9500 * random())::int as amount
      from generate_series(${first}::bigint, ${last}::bigint) n offset 0) e`;
}

async function fillDays(sql: postgres.Sql, { tenantId, ...range }: Range & { tenantId: string }): Promise<void> {
  const dimension = sql`case when grouping(referrer_id) = 0 then 'referrer' when grouping(source) = 0 then 'source'
    when grouping(device) = 0 then 'device' when grouping(country) = 0 then 'country' else 'total' end`;
  const key = sql`coalesce(referrer_id::text, source, device, country, '')`;
  const sets = sql`grouping sets ((referrer_id), (source), (device), (country), ())`;
  const isThere = sql`(grouping(device) = 1 or device is not null) and (grouping(country) = 1 or country is not null)`;
  await sql`create temporary table drawn as ${drawn(sql, range)}`;
  await sql`
    insert into referral_rollups (tenant_id, dimension, span, starts_on, key, ${COUNTS(sql)})
    select ${tenantId}::uuid, ${dimension}, 1, day, ${key}, ${SUMS(sql)} from drawn
    group by day, ${sets} having ${isThere} order by 4, 2, 5
    on conflict (tenant_id, dimension, span, starts_on, key) do update set ${ADDED(sql)}`;
  await sql`
    insert into referral_revenue (tenant_id, dimension, span, starts_on, key, currency, revenue)
    select ${tenantId}::uuid, ${dimension}, 1, day, ${key}, currency, sum(revenue) from drawn where revenue <> 0
    group by day, currency, ${sets} having ${isThere} order by 4, 2, 5, 6
    on conflict (tenant_id, dimension, span, starts_on, key, currency)
      do update set revenue = referral_revenue.revenue + excluded.revenue`;
  await sql`drop table drawn`;
}

async function sumSpans(sql: postgres.Sql): Promise<void> {
  const spans = sql`cross join (values (4), (16), (64), (256)) s(span) where dimension <> 'total'`;
  const startsOn = sql`starts_on - (starts_on - date '1970-01-01') % s.span`;
  await sql`insert into referral_rollups (tenant_id, dimension, span, starts_on, key, ${COUNTS(sql)})
    select tenant_id, dimension, s.span, ${startsOn}, key, ${SUMS(sql)} from referral_rollups ${spans} group by 1, 2, 3, 4, 5 order by 4, 2, 3, 5`;
  await sql`insert into referral_revenue (tenant_id, dimension, span, starts_on, key, currency, revenue)
    select tenant_id, dimension, s.span, ${startsOn}, key, currency, sum(revenue) from referral_revenue ${spans} group by 1, 2, 3, 4, 5, 6 order by 4, 2, 3, 5, 6`;
}
