const FIGURES = ['clicks', 'unique_visitors', 'signups', 'conversions', 'rewards_points'];
const LIST = FIGURES.join(', ');
const sums = FIGURES.map((name) => `sum(${name}) as ${name}`).join(', ');
const row = (table: string) => `(${FIGURES.map((name) => `coalesce(${table}.${name}, 0)`).join(', ')})`;
const spansOf = (table: string) => `cross join (values (1), (4), (16), (64), (256)) s(span) where ${table}.span = 1`;
const STARTS_ON = `starts_on - (starts_on - date '1970-01-01') % s.span`;

/** What stands of referrals, by the day that it counts on. */
const STANDING = `
  select tenant_id, referral_day(tenant_id, created_at) as day, referrer_id, null as currency, 1 as signups,
    0 as conversions, 0 as rewards_points, 0 as revenue from referrals where status = 'attributed'
  union all select tenant_id, referral_day(tenant_id, created_at), referrer_id, currency, 0, 1, 0,
    coalesce(amount, 0) from referral_conversions where status = 'counted'
  union all select r.tenant_id, referral_day(r.tenant_id, r.granted_at), c.referrer_id, null, 0, 0, r.points, 0
    from referral_rewards r join referral_conversions c on c.tenant_id = r.tenant_id and c.id = r.conversion_id
    where r.status = 'granted'`;

/** What must hold of the analytics of referrals over all brands whenever nothing is under way (G5). */
export const REFERRAL_ANALYTICS_INVARIANTS: Readonly<Record<string, string>> = {
  'what stands of referrals is in the rollups, or on its way there': `
    select tenant_id, day, key from (
      select tenant_id, day, key, sum(signups) as signups, sum(conversions) as conversions, sum(rewards_points) as rewards_points
      from (select tenant_id, starts_on as day, key, signups, conversions, rewards_points from referral_rollups
          where dimension = 'referrer' and span = 1
        union all select tenant_id, day, referrer_id::text, signups, conversions, rewards_points from referral_activity) a
      group by 1, 2, 3) k
    full join (select tenant_id, day, referrer_id::text as key, sum(signups) as signups, sum(conversions) as conversions,
      sum(rewards_points) as rewards_points from (${STANDING}) a group by 1, 2, 3) s using (tenant_id, day, key)
    where (coalesce(k.signups, 0), coalesce(k.conversions, 0), coalesce(k.rewards_points, 0))
      <> (coalesce(s.signups, 0), coalesce(s.conversions, 0), coalesce(s.rewards_points, 0))`,
  'so is its revenue': `
    select tenant_id, day, key, currency from (
      select tenant_id, day, key, currency, sum(revenue) as revenue from (
        select tenant_id, starts_on as day, key, currency, revenue from referral_revenue where dimension = 'referrer' and span = 1
        union all select tenant_id, day, referrer_id::text, currency, revenue from referral_activity where revenue <> 0) a
      group by 1, 2, 3, 4) k
    full join (select tenant_id, day, referrer_id::text as key, currency, sum(revenue) as revenue from (${STANDING}) a
      where revenue <> 0 group by 1, 2, 3, 4) s using (tenant_id, day, key, currency)
    where coalesce(k.revenue, 0) <> coalesce(s.revenue, 0)`,
  // Old ones are purged.
  'no click that is kept is missing from the rollups': `
    select tenant_id, day, c.clicks, k.clicks as known from (
      select tenant_id, referral_day(tenant_id, created_at) as day, count(*) as clicks,
        count(*) filter (where is_unique) as unique_visitors from referral_clicks group by 1, 2) c
    left join (select tenant_id, day, sum(clicks) as clicks, sum(unique_visitors) as unique_visitors from (
        select tenant_id, starts_on as day, clicks, unique_visitors from referral_rollups where dimension = 'total'
        union all select tenant_id, day, clicks, unique_visitors from referral_activity) a group by 1, 2) k
      using (tenant_id, day)
    where coalesce(k.clicks, 0) < c.clicks or coalesce(k.unique_visitors, 0) < c.unique_visitors`,
  'each length of span of the rollups sums up the days': `
    select tenant_id, dimension, span, starts_on, key
    from (select * from referral_rollups where dimension <> 'total') a full join (
      select tenant_id, dimension, s.span, ${STARTS_ON} as starts_on, key, ${sums}
      from referral_rollups r ${spansOf('r')} and dimension <> 'total' group by 1, 2, 3, 4, 5
    ) d using (tenant_id, dimension, span, starts_on, key) where ${row('a')} <> ${row('d')}`,
  'and so do those of the revenue': `
    select tenant_id, dimension, span, starts_on, key, currency
    from (select * from referral_revenue where dimension <> 'total') a full join (
      select tenant_id, dimension, s.span, ${STARTS_ON} as starts_on, key, currency, sum(revenue) as revenue
      from referral_revenue r ${spansOf('r')} and dimension <> 'total' group by 1, 2, 3, 4, 5, 6
    ) d using (tenant_id, dimension, span, starts_on, key, currency) where coalesce(a.revenue, 0) <> coalesce(d.revenue, 0)`,
  'the total of a day is that of its referrers, and of its sources': `
    select tenant_id, starts_on, by.dimension from (values ('referrer'), ('source')) by(dimension)
    cross join (select tenant_id, starts_on, ${LIST} from referral_rollups where dimension = 'total') t
    left join lateral (select ${sums} from referral_rollups r where r.tenant_id = t.tenant_id
      and r.dimension = by.dimension and r.span = 1 and r.starts_on = t.starts_on) p on true
    where ${row('t')} <> ${row('p')}`,
};
