const LIVE = "c.status in ('claimed', 'reserved', 'redeemed')";

/** What must hold of coupons over all brands whenever nothing is under way (G5). Each looks for rows that break it. */
export const COUPON_INVARIANTS: Readonly<Record<string, string>> = {
  'a coupon is used no more often than it may be': `
    select * from coupon_counters where claimed + reserved + redeemed > max_redemptions`,
  'the counters of a coupon are its uses': `
    select k.coupon_id, k.claimed, k.reserved, k.redeemed, s.* from coupon_counters k cross join lateral (
      select count(*) filter (where c.status = 'claimed') as rows_claimed,
        count(*) filter (where c.status = 'reserved') as rows_reserved,
        count(*) filter (where c.status = 'redeemed') as rows_redeemed
      from coupon_claims c where c.tenant_id = k.tenant_id and c.coupon_id = k.coupon_id
    ) s where (k.claimed, k.reserved, k.redeemed) is distinct from (s.rows_claimed, s.rows_reserved, s.rows_redeemed)`,
  'the uses of a person are those of their claims': `
    select coalesce(u.scope_id, t.scope_id) as scope, coalesce(u.identity, t.identity) as identity, u.used, t.times
    from coupon_uses u full join (
      select c.tenant_id, (x ->> 'scopeId')::uuid as scope_id, x ->> 'identity' as identity, x ->> 'period' as period,
        (x ->> 'start')::timestamptz as period_start, count(*) as times
      from coupon_claims c cross join jsonb_array_elements(c.uses) x where ${LIVE} group by 1, 2, 3, 4, 5
    ) t on t.tenant_id = u.tenant_id and t.scope_id = u.scope_id and t.identity = u.identity and t.period = u.period
      and t.period_start = u.period_start
    where coalesce(u.used, 0) <> coalesce(t.times, 0)`,
  'what is used of a budget is what its redemptions took': `
    select coalesce(b.coupon_id, t.coupon_id) as coupon, b.measure, b.period, b.used, t.amount
    from coupon_budget_uses b full join (
      select c.tenant_id, c.coupon_id, x ->> 'measure' as measure, x ->> 'period' as period, x ->> 'currency' as currency,
        (x ->> 'start')::timestamptz as period_start, sum((x ->> 'amount')::bigint) as amount
      from coupon_claims c cross join jsonb_array_elements(c.budgets) x where ${LIVE} group by 1, 2, 3, 4, 5, 6
    ) t on t.tenant_id = b.tenant_id and t.coupon_id = b.coupon_id and t.measure = b.measure and t.period = b.period
      and t.currency = b.currency and t.period_start = b.period_start
    where coalesce(b.used, 0) <> coalesce(t.amount, 0)`,
  'a code for one person is used by one use, and only then': `
    select p.id, p.used_at, count(c.id) as uses from promotion_codes p
    left join coupon_claims c on c.tenant_id = p.tenant_id and c.promotion_code_id = p.id and ${LIVE}
    where p.single_use group by p.tenant_id, p.id
    having count(c.id) <> (case when p.used_at is null then 0 else 1 end)`,
  'the code of a coupon is its own in the table of codes': `
    select k.id, k.code, p.code as listed from coupons k
    full join (select * from promotion_codes where not single_use) p on p.tenant_id = k.tenant_id and p.coupon_id = k.id
    where (k.code is not null or p.id is not null) and (k.code is distinct from p.code
      or upper(k.code) <> p.code_key or (k.archived_at is null) <> (p.retired_at is null))`,
  'the discount of a payment is that of its coupons': `
    select p.id, p.discount, p.coupon from payments p
    where p.kind <> 'subscription' and p.discount <> coalesce(
      (select sum((x ->> 'discount')::bigint) from jsonb_array_elements(p.coupon) x), 0)`,
  'each coupon of a payment is a use of it, with its discount': `
    select p.id, x from payments p cross join jsonb_array_elements(p.coupon) x
    left join coupon_claims c on c.tenant_id = p.tenant_id and c.id::text = x ->> 'claimId'
    where c.id is null or c.user_id <> p.user_id or c.coupon_id::text <> x ->> 'couponId'
      or (p.kind = 'subscription' and c.subscription_id is distinct from p.subscription_id)
      or (p.kind <> 'subscription' and c.payment_id is distinct from p.id)
      or (c.payment_id = p.id and c.discount <> (x ->> 'discount')::bigint)`,
  'a use that a subscription holds waits for its first payment': `
    select c.id, c.status, s.status as subscription from coupon_claims c
    join subscriptions s on s.tenant_id = c.tenant_id and s.id = c.subscription_id
    where c.status = 'claimed' or (c.status = 'reserved' and (c.payment_id is not null
      or s.status in ('canceled', 'incomplete_expired')))`,
  'a use is where its payment is': `
    select c.id, c.status, p.status as payment, p.refunded_amount from coupon_claims c
    join payments p on p.tenant_id = c.tenant_id and p.id = c.payment_id
    where c.status <> (case when p.closed_at is null then 'reserved' when p.status <> 'succeeded' then 'released'
      when exists (select 1 from effects e where e.tenant_id = p.tenant_id and e.cause_type = 'payment'
        and e.cause_id = p.id and e.kind = 'coupon' and e.taken_back_at is not null) then 'released'
      else 'redeemed' end)`,
  'what a payment uses of coupons is in its effects': `
    select c.id, c.status, e.taken_back_at from coupon_claims c
    left join effects e on e.tenant_id = c.tenant_id and e.kind = 'coupon' and e.target_id = c.id and e.cause_id = c.payment_id
    where c.payment_id is not null and (e.id is null or (e.taken_back_at is not null) <> (c.status = 'released'))`,
  'what is owned by a coupon is what the effects of its claim say': `
    select coalesce(o.id, e.id) as id, o.taken_back_at, e.taken_back_at as effect_taken_back_at
    from (select * from owned_products where source = 'coupon') o
    full join (select * from effects where kind = 'product' and cause_type = 'claim') e
      on e.tenant_id = o.tenant_id and e.cause_id = o.source_id and e.target_id = o.product_id
    where o.id is null or e.id is null or (o.taken_back_at is null) <> (e.taken_back_at is null)`,
  'one coupon.redeemed for each use that was redeemed, one coupon.released for each that was given back': `
    select c.id, c.status, count(v.id) filter (where v.type = 'coupon.redeemed') as redeemed,
      count(v.id) filter (where v.type = 'coupon.released') as released
    from coupon_claims c left join events v on v.tenant_id = c.tenant_id and v.object_id = c.id
    group by c.tenant_id, c.id
    having count(v.id) filter (where v.type = 'coupon.redeemed') <> (case when c.redeemed_at is null then 0 else 1 end)
      or count(v.id) filter (where v.type = 'coupon.released') <> (case when c.released_at is null then 0 else 1 end)`,
};
