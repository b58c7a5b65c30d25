const ARRIVED = `
  select t.tenant_id, t.payment_id, sum(t.units) as paid,
    sum(t.units) filter (where c.block_number - t.block_number + 1 >= p.required_confirmations) as confirmed
  from crypto_transfers t
  join crypto_payments p on p.tenant_id = t.tenant_id and p.id = t.payment_id
  join chain_cursors c on c.chain_id = t.chain_id
  where t.verdict = 'credited' and t.reversed_at is null group by 1, 2`;
const enough = 'greatest(p.pay_units - trunc(p.pay_units * p.tolerance_bps / 10000), 1)';
const shortBps = `(p.pay_units - coalesce(a.confirmed, 0)) * 10000 <= p.pay_units * coalesce((p.policies -> 'under' ->> 'withinBps')::int, 10000)`;

/** What must hold of payments in crypto whenever nothing is under way (G5). Each looks for rows that break it. */
export const CRYPTO_INVARIANTS: Readonly<Record<string, string>> = {
  'what is settled has enough confirmed transfers that stand, or an admin has said so': `
    select p.id, p.pay_units, a.confirmed from crypto_payments p
    left join (${ARRIVED}) a on a.tenant_id = p.tenant_id and a.payment_id = p.id
    join payments q on q.tenant_id = p.tenant_id and q.id = p.id
    where p.status = 'settled' and not p.is_marked and q.refund_reserved = 0 and coalesce(a.confirmed, 0) < ${enough}
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
    select id, owed_units, confirmed_units, returned_units from crypto_payments
    where owed_units > confirmed_units or returned_units > owed_units or (owed_units > 0 and owed_as is null)`,
  'a refund in crypto that succeeded was seen on the chain': `
    select r.id from refunds r join payments p on p.tenant_id = r.tenant_id and p.id = r.payment_id
    where p.provider = 'crypto' and r.status = 'succeeded' and not exists (select from crypto_refunds c
      where c.tenant_id = r.tenant_id and c.refund_id = r.id)`,
};
