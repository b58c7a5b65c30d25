const ARRIVED = `
  select t.tenant_id, t.payment_id, sum(t.units) as paid,
    sum(t.units) filter (where c.block_number - t.block_number + 1 >= p.required_confirmations) as confirmed
  from crypto_transfers t
  join crypto_payments p on p.tenant_id = t.tenant_id and p.id = t.payment_id
  join chain_cursors c on c.chain_id = t.chain_id
  where t.verdict = 'credited' and t.reversed_at is null group by 1, 2`;
/** What of the price credit has not paid for. */
const asked = '(p.pay_units + p.lost_units)';
const enough = `(p.returned_units + greatest(${asked} - trunc(${asked} * p.tolerance_bps / 10000), least(${asked}, 1)))`;
const shortBps = `(${asked} - coalesce(a.confirmed, 0)) * 10000 <= ${asked} * coalesce((p.policies -> 'under' ->> 'withinBps')::int, 10000)`;
const USES = `
  select u.tenant_id, u.credit_id, u.payment_id, sum(u.units - u.lost_units) as units from crypto_credit_uses u
  where u.released_at is null group by 1, 2, 3`;

/** What must hold of payments in crypto whenever nothing is under way (G5). Each looks for rows that break it. */
export const CRYPTO_INVARIANTS: Readonly<Record<string, string>> = {
  'what is settled has enough confirmed transfers that stand, or an admin has said so': `
    select p.id, p.pay_units, a.confirmed from crypto_payments p
    left join (${ARRIVED}) a on a.tenant_id = p.tenant_id and a.payment_id = p.id
    join payments q on q.tenant_id = p.tenant_id and q.id = p.id
    where p.status = 'settled' and not p.is_marked and q.refund_reserved = 0 and p.check_block is distinct from 0 and coalesce(a.confirmed, 0) < ${enough}
      and not (p.policies -> 'under' ->> 'action' = 'accept' and a.confirmed > 0 and ${shortBps})`,
  'what has enough confirmed transfers in time is settled': `
    select p.id, p.status, sum(t.units) as confirmed from crypto_payments p
    join payments q on q.tenant_id = p.tenant_id and q.id = p.id and q.status not in ('canceled', 'expired')
    join crypto_transfers t on t.tenant_id = p.tenant_id and t.payment_id = p.id and t.verdict = 'credited'
      and t.reversed_at is null and t.block_at <= p.expires_at
    join chain_cursors c on c.chain_id = t.chain_id and c.block_number - t.block_number + 1 >= p.required_confirmations
    where not p.is_marked and p.check_block is null
    group by p.tenant_id, p.id having p.status <> 'settled' and sum(t.units) >= ${enough}`,
  'the status of a payment is that of its crypto side': `
    select q.id, q.status, p.status as crypto from crypto_payments p
    join payments q on q.tenant_id = p.tenant_id and q.id = p.id
    where not (case p.status when 'new' then q.status = 'pending' when 'processing' then q.status = 'processing'
      when 'settled' then q.status = 'succeeded' when 'expired' then q.status in ('expired', 'canceled')
      else q.status in ('failed', 'expired', 'canceled') end)`,
  'a payment in crypto has a crypto side, and shows it': `
    select q.id, q.provider, q.crypto, p.paid_units from payments q
    left join crypto_payments p on p.tenant_id = q.tenant_id and p.id = q.id
    where (q.provider = 'crypto') <> (p.id is not null) or (q.crypto is null) <> (p.id is null)
      or (p.id is not null and (q.crypto ->> 'status' <> p.status or (q.crypto ->> 'actuallyPaid')::numeric
        <> p.paid_units / power(10::numeric, p.decimals)))`,
  'what a payment was paid is the sum of its transfers that stand': `
    select p.id, p.paid_units, a.paid from crypto_payments p
    left join (${ARRIVED}) a on a.tenant_id = p.tenant_id and a.payment_id = p.id
    where p.check_block is distinct from 0 and p.paid_units <> coalesce(a.paid, 0)`,
  'a transfer pays one payment, over all brands': `
    select chain_id, tx_hash, log_index, count(*) from crypto_transfers where verdict = 'credited'
    group by 1, 2, 3 having count(*) > 1
    union all
    select t.chain_id, t.tx_hash, t.log_index, 0 from crypto_transfers t where t.verdict = 'credited'
      and not exists (select from spent_transfers s where s.chain_id = t.chain_id and s.tx_hash = t.tx_hash
        and s.log_index = t.log_index and s.payment_id = t.payment_id)`,
  'what is credited is of the asset, and went to the address': `
    select t.id from crypto_transfers t join crypto_payments p on p.tenant_id = t.tenant_id and p.id = t.payment_id
    where t.verdict = 'credited' and (t.chain_id <> p.chain_id or t.contract is distinct from p.contract or t."to" <> p.address)`,
  'one brand receives at an address, but for those whose owner has its wallet': `
    select address, count(*) from crypto_settings s where address is not null
    and not exists (select from tenant_members m join wallets w on w.user_id = m.user_id
      where m.tenant_id = s.tenant_id and m.role = 'owner' and lower(w.address) = s.address)
    group by 1 having count(*) > 1`,
  'an address of an extended key is given to one payment': `
    select address, count(*) from crypto_payments where account_kind = 'xpub' group by 1 having count(*) > 1`,
  'no more is owed than came, and no more given back than is owed': `
    select p.id, p.owed_units, p.confirmed_units, p.returned_units, c.used_units from crypto_payments p
    left join crypto_credits c on c.tenant_id = p.tenant_id and c.id = p.id
    where p.owed_units > greatest(p.confirmed_units, p.returned_units) or (p.owed_units > 0 and p.owed_as is null)
      or p.returned_units + coalesce(c.used_units, 0) > p.owed_units`,
  'what was given back of a payment is what was sent back for it': `
    select p.id, p.returned_units, sum(r.units) as sent from crypto_payments p
    left join crypto_refunds r on r.tenant_id = p.tenant_id and r.payment_id = p.id and r.refund_id is null and r.reversed_at is null
    group by p.tenant_id, p.id having p.returned_units <> coalesce(sum(r.units), 0)`,
  'credit is what is owed as such, and used as much as payments have taken': `
    select p.id, p.owed_units, p.owed_as, p.returned_units, c.units, c.used_units, u.units as taken from crypto_payments p
    left join crypto_credits c on c.tenant_id = p.tenant_id and c.id = p.id
    left join lateral (select coalesce(sum(o.units), 0) as units from (${USES}) o
      where o.tenant_id = p.tenant_id and o.credit_id = p.id) u on true
    where (c.id is null and p.owed_as = 'credit' and p.owed_units > p.returned_units) or c.used_units <> u.units
      or (c.id is not null and c.units <> case when p.owed_as = 'credit' then p.owed_units - p.returned_units else c.used_units end)`,
  'credit that was taken off is there, or missing to the payment; what is over holds none': `
    select p.id, p.status, p.credit_units, p.lost_units, coalesce(sum(u.units), 0) as taken from crypto_payments p
    left join (${USES}) u on u.tenant_id = p.tenant_id and u.payment_id = p.id
    where p.check_block is distinct from 0
    group by p.tenant_id, p.id having p.credit_units - p.lost_units <> coalesce(sum(u.units), 0)
      or (p.status in ('expired', 'invalid') and p.lost_units <> p.credit_units)`,
  'credit is used by its owner, in its brand, asset and chain': `
    select u.id from crypto_credit_uses u
    join crypto_credits c on c.tenant_id = u.tenant_id and c.id = u.credit_id
    join crypto_payments p on p.tenant_id = u.tenant_id and p.id = u.payment_id
    join payments q on q.tenant_id = p.tenant_id and q.id = p.id
    where q.user_id <> c.user_id or p.chain_id <> c.chain_id or p.contract is distinct from c.contract or u.credit_id = u.payment_id`,
  'a refund in crypto that succeeded was seen on the chain': `
    select r.id from refunds r join payments p on p.tenant_id = r.tenant_id and p.id = r.payment_id
    where p.provider = 'crypto' and r.status = 'succeeded' and not exists (select from crypto_refunds c
      where c.tenant_id = r.tenant_id and c.refund_id = r.id and c.reversed_at is null)`,
};
