import type { Sql } from 'postgres';
import type Stripe from 'stripe';
import { expect } from 'vitest';
import { COUPON_INVARIANTS } from './coupon-invariants.ts';
import { CRYPTO_INVARIANTS } from './crypto-invariants.ts';
import { POINT_INVARIANTS } from './point-invariants.ts';
import { QUEST_INVARIANTS } from './quest-invariants.ts';
import { REFERRAL_ANALYTICS_INVARIANTS } from './referral-analytics-invariants.ts';
import { REFERRAL_INVARIANTS } from './referral-invariants.ts';

/**
 * What must hold over all brands whenever nothing is under way, whatever was killed, repeated or raced before. Each looks
 * for rows that break it, past the product, by its name.
 */
export const INVARIANTS: Readonly<Record<string, string>> = {
  'refunded ≤ reserved ≤ paid, and nothing of what was not paid': `
    select id, status, amount, refund_reserved, refunded_amount from payments
    where not (0 <= refunded_amount and refunded_amount <= refund_reserved and refund_reserved <= amount)
      or (refund_reserved > 0 and status <> 'succeeded')`,
  'the sums of a payment are those of its refunds': `
    select p.id, p.refunded_amount, p.refund_reserved, s.refunded, s.reserved from payments p
    cross join lateral (
      select coalesce(sum(r.amount) filter (where r.status = 'succeeded'), 0) as refunded,
        coalesce(sum(r.amount) filter (where r.status in ('pending', 'requires_action', 'succeeded')), 0) as reserved
      from refunds r where r.tenant_id = p.tenant_id and r.payment_id = p.id
    ) s where p.refunded_amount <> s.refunded or p.refund_reserved <> s.reserved`,
  'a refund is of a paid payment, in its currency': `
    select r.id, r.status, p.status as payment from refunds r join payments p on p.tenant_id = r.tenant_id and p.id = r.payment_id
    where p.currency <> r.currency or r.amount > p.amount or (p.status <> 'succeeded'
      and not (p.provider = 'crypto' and r.status in ('requested', 'declined', 'canceled', 'failed')))`,
  'a refund under way is looked at, a settled one is not, and what succeeded is known at the processor': `
    select r.id, r.status, r.check_at, r.card_refund_id from refunds r
    join payments p on p.tenant_id = r.tenant_id and p.id = r.payment_id and p.provider <> 'crypto'
    where (r.status in ('pending', 'requires_action')) <> (r.check_at is not null)
      or (r.status = 'succeeded' and r.amount > 0 and r.card_refund_id is null)`,

  'the amount is that of the items': `
    select p.id, p.amount, p.subtotal, p.discount from payments p
    where p.amount <> p.subtotal - p.discount or p.discount < 0
      or p.subtotal <> (select sum((i ->> 'amount')::bigint) from jsonb_array_elements(p.items) i)
      or exists (select 1 from jsonb_array_elements(p.items) i
        where (i ->> 'amount')::bigint <> (i ->> 'unitAmount')::bigint * (i ->> 'quantity')::bigint)`,
  'a payment that is final is closed, and one that is open is looked at': `
    select id, status, closed_at, check_at, succeeded_at from payments
    where (status = 'succeeded') <> (succeeded_at is not null)
      or (status in ('succeeded', 'canceled', 'expired') and closed_at is null)
      or (status in ('pending', 'requires_action', 'processing') and closed_at is not null)
      or (closed_at is null) <> (check_at is not null)`,
  'a total of 0 needs no processor, and only that': `
    select id, amount, provider, intent_id from payments
    where (provider = 'none') <> (amount = 0) or (provider = 'none' and intent_id is not null)
      or (provider = 'stripe' and status = 'succeeded' and intent_id is null)`,
  'one payment for each key of a request, each intent and each invoice': `
    select tenant_id, what, value from payments
    cross join lateral (values ('key', once_key), ('intent', intent_id), ('invoice', invoice_id)) v(what, value)
    where value is not null group by 1, 2, 3 having count(*) > 1`,
  'one refund for each key of a request, and each refund of the processor': `
    select tenant_id, what, value from refunds
    cross join lateral (values ('key', once_key), ('refund', card_refund_id)) v(what, value)
    where value is not null group by 1, 2, 3 having count(*) > 1`,

  'what succeeded has given each of its products once': `
    select p.id, i ->> 'productId' as product, count(e.id) as effects, sum(e.quantity) as quantity from payments p
    cross join jsonb_array_elements(p.items) i
    left join effects e on e.tenant_id = p.tenant_id and e.cause_type = 'payment' and e.cause_id = p.id
      and e.kind = 'product' and e.target_id::text = i ->> 'productId'
    where p.status = 'succeeded' and i ->> 'productId' is not null
    group by p.tenant_id, p.id, i having count(e.id) <> 1 or sum(e.quantity) <> (i ->> 'quantity')::bigint`,
  'what succeeded has given the tier that it paid for': `
    select p.id, count(e.id) as effects from payments p
    left join effects e on e.tenant_id = p.tenant_id and e.cause_type = 'payment' and e.cause_id = p.id
      and e.kind = 'membership' and e.target_id::text = p.items -> 0 ->> 'tierId'
    where p.status = 'succeeded' and p.kind = 'membership'
    group by p.tenant_id, p.id having count(e.id) <> 1`,
  'an effect has its payment, gives what that was for, to whom it is': `
    select e.id, e.kind, e.cause_id from effects e
    left join payments p on p.tenant_id = e.tenant_id and p.id = e.cause_id
    where e.cause_type = 'payment' and (
      p.id is null or p.user_id <> e.user_id
      or (e.kind not in ('stock', 'coupon') and p.status <> 'succeeded' and not (p.provider = 'crypto' and e.taken_back_at is not null))
      or (e.kind = 'period' and (p.kind <> 'subscription' or p.subscription_id <> e.target_id))
      or (e.kind in ('stock', 'product') and not exists (select 1 from jsonb_array_elements(p.items) i
        where i ->> 'productId' = e.target_id::text and (i ->> 'quantity')::bigint = e.quantity)))`,
  'what was not paid, or was given back in full, or was lost to a dispute, has given nothing': `
    select e.id, e.kind, p.id as payment, p.status from effects e
    join payments p on p.tenant_id = e.tenant_id and p.id = e.cause_id and e.cause_type = 'payment'
    where e.taken_back_at is null and (
      (p.closed_at is not null and p.status <> 'succeeded')
      or (p.amount > 0 and p.refunded_amount = p.amount)
      or (e.kind <> 'coupon' and exists (select 1 from disputes d
        where d.tenant_id = p.tenant_id and d.payment_id = p.id and d.status = 'lost')))`,
  'what was paid is taken back by a refund or dispute of this very payment': `
    select e.id, e.kind, e.taken_back_by from effects e
    join payments p on p.tenant_id = e.tenant_id and p.id = e.cause_id and e.cause_type = 'payment'
    where e.taken_back_at is not null and p.status = 'succeeded' and e.kind in ('stock', 'product')
      and not exists (select 1 from refunds r where r.tenant_id = e.tenant_id and r.payment_id = p.id
        and e.taken_back_by = 'refund:' || r.id and r.status in ('succeeded', 'failed'))
      and not exists (select 1 from disputes d where d.tenant_id = e.tenant_id and d.payment_id = p.id
        and e.taken_back_by = 'dispute:' || d.id and d.status = 'lost')`,
  'what is owned by a payment is what its effects say': `
    select coalesce(o.id, e.id) as id, o.quantity, e.quantity as given, o.taken_back_at, e.taken_back_at as effect_taken_back_at
    from (select * from owned_products where source = 'payment') o
    full join (select * from effects where kind = 'product' and cause_type = 'payment') e
      on e.tenant_id = o.tenant_id and e.cause_id = o.source_id and e.target_id = o.product_id
    where o.id is null or e.id is null or o.user_id <> e.user_id or o.quantity <> e.quantity
      or (o.taken_back_at is null) <> (e.taken_back_at is null)`,

  'one payment.succeeded for each payment that succeeded, and for no other': `
    select p.id, p.status, count(v.id) as events from payments p
    left join events v on v.tenant_id = p.tenant_id and v.object_id = p.id and v.type = 'payment.succeeded'
    group by p.tenant_id, p.id having count(v.id) <> (case when p.status = 'succeeded' then 1 else 0 end)
      + (select count(*) from events r where r.tenant_id = p.tenant_id and r.object_id = p.id and r.type = 'payment.reversed')`,
  'one payment.expired for each that expired, and for no other': `
    select p.id, p.status, count(v.id) as events from payments p
    left join events v on v.tenant_id = p.tenant_id and v.object_id = p.id and v.type = 'payment.expired'
    group by p.tenant_id, p.id having count(v.id) <> (case when p.status = 'expired' then 1 else 0 end)
      and not (p.provider = 'crypto' and (p.status = 'succeeded' or exists (select from events r
        where r.tenant_id = p.tenant_id and r.object_id = p.id and r.type = 'payment.reversed')))`,
  'one payment.refunded for each refund that succeeded, and one when it came back': `
    select p.id, v.events, r.succeeded, r.back from payments p
    cross join lateral (select count(*) as events from events v
      where v.tenant_id = p.tenant_id and v.object_id = p.id and v.type = 'payment.refunded') v
    cross join lateral (select count(*) filter (where r.status = 'succeeded') as succeeded,
      count(*) filter (where r.status = 'failed') as back
      from refunds r where r.tenant_id = p.tenant_id and r.payment_id = p.id) r
    where v.events < r.succeeded or v.events > r.succeeded + 2 * r.back`,
  'a payment that says failed was announced': `
    select p.id from payments p where p.status = 'failed' and not exists (select 1 from events v
      where v.tenant_id = p.tenant_id and v.object_id = p.id and v.type = 'payment.failed')`,
  'a product is as its last event says': `
    select p.id, p.version, p.stock, v.data from products p
    join lateral (select data from events v where v.tenant_id = p.tenant_id and v.object_type = 'product' and v.object_id = p.id
      order by sequence desc limit 1) v on true
    where (v.data ->> 'version')::int <> p.version or (v.data ->> 'stock')::int is distinct from p.stock`,
  'a membership is as its last event says': `
    select m.id, m.status, m.tier_id, v.data from memberships m
    left join lateral (select data from events v where v.tenant_id = m.tenant_id and v.object_type = 'membership'
      and v.object_id = m.id order by sequence desc limit 1) v on true
    where v.data is null or v.data -> 'tier' ->> 'id' <> m.tier_id::text
      or (v.data ->> 'status' <> m.status and v.data ->> 'status' <> 'expired')
      or v.data ->> 'subscriptionId' is distinct from m.subscription_id::text
      or (v.data ->> 'cancelAtPeriodEnd')::boolean <> m.cancel_at_period_end`,
  'what is refunded of a payment is what its last event says': `
    select p.id, p.refunded_amount, v.data from payments p
    join lateral (select data from events v where v.tenant_id = p.tenant_id and v.object_type = 'payment' and v.object_id = p.id
      order by sequence desc limit 1) v on true
    where (v.data ->> 'refundedAmount')::bigint <> p.refunded_amount`,
  'the events of an object count from 1, in the order of their positions': `
    select object_id, sequence, expected from (
      select object_id, sequence, row_number() over (partition by tenant_id, object_type, object_id order by position) as expected
      from events) v where sequence <> expected`,

  ...COUPON_INVARIANTS,
  ...CRYPTO_INVARIANTS,
  ...POINT_INVARIANTS,
  ...QUEST_INVARIANTS,
  ...REFERRAL_INVARIANTS,
  ...REFERRAL_ANALYTICS_INVARIANTS,

  'what is counted as stored is the sum of the files': `
    select coalesce(c.tenant_id, f.tenant_id) as tenant_id, c.bytes, c.files, f.bytes as stored, f.files as there
    from (select * from storage_counters where purpose = 'all') c
    full join (select tenant_id, sum(stored_bytes) as bytes, count(*) as files from files group by 1) f
      on f.tenant_id = c.tenant_id
    where coalesce(c.bytes, 0) <> coalesce(f.bytes, 0) or coalesce(c.files, 0) <> coalesce(f.files, 0)`,
  'a counter is the sum of its purposes': `
    select a.tenant_id, a.bytes, p.bytes as of_purposes from (select * from storage_counters where purpose = 'all') a
    join (select tenant_id, sum(bytes) as bytes, sum(files) as files from storage_counters
      where purpose <> 'all' and holder_id = tenant_id group by 1) p on p.tenant_id = a.tenant_id
    where a.bytes <> p.bytes or a.files <> p.files`,
  'what is used is there': `
    select u.tenant_id, u.file_id from file_usages u join files f on f.tenant_id = u.tenant_id and f.id = u.file_id
    where f.status <> 'ready'`,
  'an event of the processor waits, or it is done': `
    select event_id, status, retry_at, processed_at from stripe_events
    where (status = 'pending') <> (retry_at is not null) or (status in ('succeeded', 'ignored') and processed_at is null)`,
};

type Known = {
  /** How much of these products there was before anybody bought: what is in stock now and what was taken make that. */
  stock?: Readonly<Record<string, number>>;
};

/** What is wrong in the database, as text: nothing when all holds. */
export async function findBroken(sql: Sql, { stock = {} }: Known = {}): Promise<string[]> {
  const broken: string[] = [];
  for (const [name, statement] of Object.entries(INVARIANTS)) {
    for (const row of await sql.unsafe(statement)) broken.push(`${name}: ${JSON.stringify(row)}`);
  }
  for (const [productId, initial] of Object.entries(stock)) {
    const [row] = await sql`
      select p.stock, coalesce(sum(e.quantity), 0)::int as taken from products p
      left join effects e on e.tenant_id = p.tenant_id and e.kind = 'stock' and e.target_id = p.id and e.taken_back_at is null
      where p.id = ${productId} group by p.tenant_id, p.id`;
    if (row?.['stock'] + row?.['taken'] !== initial)
      broken.push(`stock of ${productId}: ${JSON.stringify(row)} of ${initial}`);
  }
  return broken;
}

/** Holds over all brands (G5). */
export async function checkInvariants(sql: Sql, known: Known = {}): Promise<void> {
  expect(await findBroken(sql, known)).toEqual([]);
}

/** Stripe counts these with two decimals, ISO 4217 with none. */
const perMinorUnit = (currency: string) => (['isk', 'ugx'].includes(currency) ? 100 : 1);

/**
 * The processor's own books beside ours: every intent that took money is one payment that succeeded with just that sum, and
 * what it gave back is what we say was refunded. Of `account`, else of the platform's own.
 */
export async function checkProcessor(sql: Sql, stripe: Stripe, account?: string): Promise<void> {
  const options = account === undefined ? {} : { stripeAccount: account };
  const intents = await stripe.paymentIntents.list({ limit: 100 }, options).autoPagingToArray({ limit: 10_000 });
  const refunds = await stripe.refunds.list({ limit: 100 }, options).autoPagingToArray({ limit: 10_000 });
  const rows = await sql`
    select id, intent_id, status, amount::int, refunded_amount::int from payments
    where provider = 'stripe' and account is not distinct from ${account ?? null}`;
  const byIntent = new Map(rows.map((row) => [row['intent_id'], row]));
  const broken: unknown[] = [];
  const paidBy = new Map<string, number>();
  for (const { id, status, amount_received, metadata, currency } of intents) {
    if (status !== 'succeeded') continue;
    const unit = perMinorUnit(currency);
    const row = byIntent.get(id);
    const givenBack = refunds
      .filter((one) => one.payment_intent === id && one.status === 'succeeded')
      .reduce((sum, { amount }) => sum + amount / unit, 0);
    const isRight = row?.['status'] === 'succeeded' && row['amount'] === amount_received / unit;
    if (!isRight || row['refunded_amount'] !== givenBack) broken.push({ id, status, amount_received, givenBack, row });
    const { paymentId } = metadata;
    if (paymentId) paidBy.set(paymentId, (paidBy.get(paymentId) ?? 0) + 1);
  }
  const paid = new Set(intents.filter(({ status }) => status === 'succeeded').map(({ id }) => id));
  for (const row of rows) if (row['status'] === 'succeeded' && !paid.has(row['intent_id'])) broken.push(row);
  for (const [paymentId, count] of paidBy) if (count > 1) broken.push({ paymentId, count });
  expect(broken).toEqual([]);
}
