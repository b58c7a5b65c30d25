/** The entries that count on leaderboards, by the periods that their day lies in. */
const COUNTING = `
  select e.tenant_id, t.period, t.starts_on, e.membership_id, sum(e.amount) as points from point_entries e
  cross join lateral (values ('day', e.counts_on), ('week', date_trunc('week', e.counts_on::timestamp)::date),
    ('month', date_trunc('month', e.counts_on::timestamp)::date), ('all', date '1970-01-01')) t(period, starts_on)
  where e.counts_on is not null group by 1, 2, 3, 4`;

/** What must hold of points over all brands whenever nothing is under way (G5). Each looks for rows that break it. */
export const POINT_INVARIANTS: Readonly<Record<string, string>> = {
  'points are the sum of their ledger': `
    select m.id, m.points, coalesce(sum(e.amount), 0) as ledger from memberships m
    left join point_entries e on e.tenant_id = m.tenant_id and e.membership_id = m.id
    group by m.tenant_id, m.id having m.points <> coalesce(sum(e.amount), 0)`,
  'the points that count for tiers are what was earned, adjusted and taken back': `
    select m.id, m.points_earned, coalesce(sum(e.amount), 0) as ledger from memberships m
    left join point_entries e on e.tenant_id = m.tenant_id and e.membership_id = m.id
      and e.reason in ('quest', 'streak_bonus', 'referral', 'adjustment', 'taken_back')
    group by m.tenant_id, m.id having m.points_earned <> coalesce(sum(e.amount), 0)`,
  'what was earned or taken back counts on the leaderboards of a day, and nothing else does': `
    select id, reason, counts_on from point_entries
    where (reason in ('quest', 'streak_bonus', 'referral', 'taken_back')) <> (counts_on is not null)`,
  // Old ones are purged.
  'a score is the sum of the entries of its period': `
    select s.*, e.points as ledger from leaderboard_scores s full join (${COUNTING}) e
      on e.tenant_id = s.tenant_id and e.period = s.period and e.starts_on = s.starts_on and e.membership_id = s.membership_id
    where s.points is distinct from e.points
      and not (s.points is null and e.period <> 'all' and e.starts_on < current_date - 399)`,
  'the buckets of a leaderboard are the scores that they know': `
    select coalesce(b.period, s.period) as period, b.level, b.bucket, b.members, s.members as scores
    from (select * from leaderboard_buckets where members <> 0) b full join (
      select tenant_id, period, starts_on, l.level, counted >> (10 * l.level) as bucket, count(*) as members
      from leaderboard_scores cross join (values (0), (1), (2), (3)) l(level) where counted > 0 group by 1, 2, 3, 4, 5
    ) s on s.tenant_id = b.tenant_id and s.period = b.period and s.starts_on = b.starts_on and s.level = b.level
      and s.bucket = b.bucket
    where b.members is distinct from s.members`,
  'points that can expire are looked at in time': `
    select m.id, m.points, m.points_expire_at from memberships m join point_policies p on p.tenant_id = m.tenant_id
    where (m.points <= 0 and m.points_expire_at is not null) or (m.points > 0 and p.expiry_mode is not null
      and (m.points_expire_at is null or m.points_expire_at > coalesce(m.points_active_at, m.created_at)
        + p.expiry_days * interval '24 hours' + case p.expiry_mode when 'age' then interval '24 hours' * 3650 else interval '0' end))`,
  'a purchase took its points once, and gave them back once when it was refunded': `
    select p.id, p.status, p.points, e.paid, e.back from points_purchases p cross join lateral (
      select coalesce(sum(-e.amount) filter (where e.reason = 'purchase'), 0) as paid,
        coalesce(sum(e.amount) filter (where e.reason = 'purchase_refund'), 0) as back
      from point_entries e where e.tenant_id = p.tenant_id and e.cause_id = p.id and e.cause_type = 'purchase'
        and e.membership_id = p.membership_id
    ) e where e.paid <> p.points or e.back <> case p.status when 'refunded' then p.points else 0 end`,
  'what is owned by a purchase is what its effects say, until it is refunded': `
    select p.id, p.status, o.quantity, e.quantity as given from points_purchases p
    left join owned_products o on o.tenant_id = p.tenant_id and o.source = 'grant' and o.source_id = p.id and o.product_id = p.product_id
    left join effects e on e.tenant_id = p.tenant_id and e.cause_type = 'purchase' and e.cause_id = p.id and e.kind = 'product'
      and e.target_id = p.product_id
    where o.quantity is distinct from p.quantity or e.quantity is distinct from p.quantity or o.user_id <> p.user_id
      or (p.status = 'refunded') <> (o.taken_back_at is not null) or (p.status = 'refunded') <> (e.taken_back_at is not null)`,
  'a tier falls only where points brought it': `
    select id, tier_id, points_tier_id, tier_falls_at from memberships where tier_falls_at is not null and points_tier_id is null`,
};
