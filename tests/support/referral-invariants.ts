/** What must hold of referrals over all brands whenever nothing is under way (G5). Each looks for rows that break it. */
export const REFERRAL_INVARIANTS: Readonly<Record<string, string>> = {
  'a referral has one reward a side at most': `
    select referral_id, side, count(*) from referral_rewards
    where milestone = 0 and status in ('held', 'pending', 'granted')
    group by tenant_id, referral_id, side having count(*) > 1`,
  'what was not rewarded as another was is rewarded when that one is gone': `
    select c.id from referral_conversions c join referral_programmes p on p.tenant_id = c.tenant_id
    where c.status in ('counted', 'review') and c.event = p.converts_on
      and c.findings @> '[{"rule": "ALREADY_CONVERTED"}]' and not c.findings @> '[{"rule": "BELOW_MINIMUM"}]'
      and not c.findings @> '[{"rule": "CURRENCY_MISMATCH"}]'
      and not exists (select from referral_rewards r where r.tenant_id = c.tenant_id and r.referral_id = c.referral_id
        and r.milestone = 0 and r.status in ('held', 'pending', 'granted'))`,
  'a milestone is rewarded once': `
    select user_id, milestone, count(*) from referral_rewards
    where milestone > 0 and status in ('held', 'pending', 'granted')
    group by tenant_id, user_id, milestone having count(*) > 1`,
  'a reward stands only with its conversion': `
    select r.id, r.status, c.status as conversion from referral_rewards r
    join referral_conversions c on c.tenant_id = r.tenant_id and c.id = r.conversion_id
    where r.milestone = 0 and ((r.status in ('pending', 'granted') and c.status <> 'counted')
      or (r.status = 'held' and c.status <> 'review'))`,
  'a reward of a referral gave its points, and one that does not stand gave none': `
    select r.id, r.status, r.points, coalesce(sum(e.amount), 0) as moved from referral_rewards r
    left join point_entries e on e.tenant_id = r.tenant_id and e.cause_id = r.id and e.cause_type = 'referral'
    group by r.tenant_id, r.id
    having coalesce(sum(e.amount), 0) <> case when r.status = 'granted' then r.points else 0 end`,
  'nobody brought themselves, and what is under review has a finding': `
    select id, status from referrals
    where (status <> 'refused' and referrer_id = referred_id) or (status <> 'attributed' and jsonb_array_length(findings) = 0)`,
  'a link has as many clicks as are counted': `
    select l.id, l.clicks, count(c.id) as rows from referral_links l
    left join referral_clicks c on c.tenant_id = l.tenant_id and c.link_id = l.id
    group by l.tenant_id, l.id having l.clicks <> count(c.id)`,
  'a conversion of a payment stands only while the payment does': `
    select c.id, p.status, p.refunded_amount from referral_conversions c
    join payments p on p.tenant_id = c.tenant_id and p.id = c.payment_id
    where c.status = 'counted' and (p.status <> 'succeeded' or p.refunded_amount >= p.amount)`,
};
