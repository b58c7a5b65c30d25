/** What stands of referrals, as lines of figures by the day that they are counted on. Clicks are purged. */
const STANDING = `
  select tenant_id, referral_day(tenant_id, created_at) as day, referrer_id, source, '' as currency, 1 as signups,
    0 as conversions, 0 as rewards_points, 0 as revenue from referrals where status = 'attributed'
  union all select tenant_id, referral_day(tenant_id, created_at), referrer_id, source, coalesce(currency, ''), 0, 1, 0,
    coalesce(amount, 0) from referral_conversions where status = 'counted'
  union all select r.tenant_id, referral_day(r.tenant_id, r.granted_at), c.referrer_id, c.source, '', 0, 0, r.points, 0
    from referral_rewards r join referral_conversions c on c.tenant_id = r.tenant_id and c.id = r.conversion_id
    where r.status = 'granted'`;

const FIGURES = ['signups', 'conversions', 'rewards_points', 'revenue'];
const sums = FIGURES.map((name) => `sum(${name}) as ${name}`).join(', ');
const differ = FIGURES.map((name) => `coalesce(k.${name}, 0) <> coalesce(s.${name}, 0)`).join(' or ');

/** What must hold of the analytics of referrals over all brands whenever nothing is under way (G5). */
export const REFERRAL_ANALYTICS_INVARIANTS: Readonly<Record<string, string>> = {
  'what stands of referrals is in the rollups, or on its way there': `
    select coalesce(k.tenant_id, s.tenant_id) as tenant_id, coalesce(k.day, s.day) as day, coalesce(k.key, s.key) as key
    from (select tenant_id, day, key, currency, ${sums} from (
        select tenant_id, starts_on as day, key, currency, ${FIGURES.join()} from referral_rollups
        where dimension = 'referrer' and span = 1
        union all select tenant_id, day, referrer_id::text, currency, ${FIGURES.join()} from referral_activity) a
      group by 1, 2, 3, 4) k
    full join (select tenant_id, day, referrer_id::text as key, currency, ${sums} from (${STANDING}) a group by 1, 2, 3, 4) s
      on s.tenant_id = k.tenant_id and s.day = k.day and s.key = k.key and s.currency = k.currency
    where ${differ}`,
  'no click that is kept is missing from the rollups': `
    select c.tenant_id, c.day, k.clicks, c.clicks as kept from (
      select tenant_id, day, sum(clicks) as clicks, sum(unique_visitors) as unique_visitors from (
        select tenant_id, starts_on as day, clicks, unique_visitors from referral_rollups where dimension = 'total'
        union all select tenant_id, day, clicks, unique_visitors from referral_activity) a group by 1, 2) k
    full join (select tenant_id, referral_day(tenant_id, created_at) as day, count(*) as clicks,
        count(*) filter (where is_unique) as unique_visitors from referral_clicks group by 1, 2) c
      on c.tenant_id = k.tenant_id and c.day = k.day
    where coalesce(k.clicks, 0) < coalesce(c.clicks, 0) or coalesce(k.unique_visitors, 0) < coalesce(c.unique_visitors, 0)`,
  'each length of span of the rollups sums up the days': `
    select tenant_id, dimension, span, starts_on, key, currency
    from (select * from referral_rollups where span > 1) a full join (
      select tenant_id, dimension, s.span, starts_on - (starts_on - date '1970-01-01') % s.span as starts_on, key, currency,
        sum(clicks) as clicks, sum(unique_visitors) as unique_visitors, ${sums}
      from referral_rollups cross join (values (4), (16), (64), (256)) s(span)
      where referral_rollups.span = 1 and dimension <> 'total' group by 1, 2, 3, 4, 5, 6
    ) d using (tenant_id, dimension, span, starts_on, key, currency)
    where (a.clicks, a.unique_visitors, a.signups, a.conversions, a.rewards_points, a.revenue)
      is distinct from (d.clicks, d.unique_visitors, d.signups, d.conversions, d.rewards_points, d.revenue)`,
  'the total of a day is that of its referrers and of its sources': `
    select tenant_id, starts_on, currency from referral_rollups where span = 1 and dimension in ('total', 'referrer', 'source')
    group by 1, 2, 3 having (2 * sum(clicks * (dimension = 'total')::int), 2 * sum(signups * (dimension = 'total')::int),
        2 * sum(revenue * (dimension = 'total')::int), 2 * sum(rewards_points * (dimension = 'total')::int))
      is distinct from (sum(clicks * (dimension <> 'total')::int), sum(signups * (dimension <> 'total')::int),
        sum(revenue * (dimension <> 'total')::int), sum(rewards_points * (dimension <> 'total')::int))`,
};
