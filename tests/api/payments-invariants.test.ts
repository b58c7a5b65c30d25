import type { Sql } from 'postgres';
import { beforeAll, describe, expect, it } from 'vitest';
import { COUPON_INVARIANTS } from '../support/coupon-invariants.ts';
import { CRYPTO_INVARIANTS } from '../support/crypto-invariants.ts';
import { checkInvariants, checkProcessor, INVARIANTS } from '../support/invariants.ts';
import {
  begin,
  buy,
  CARDS,
  cancel,
  confirm,
  connectWebhooks,
  openShop,
  refund,
  type Shop,
  sweepIn,
  told,
} from '../support/payments.ts';
import { POINT_INVARIANTS } from '../support/point-invariants.ts';
import { QUEST_INVARIANTS } from '../support/quest-invariants.ts';
import { REFERRAL_ANALYTICS_INVARIANTS } from '../support/referral-analytics-invariants.ts';
import { REFERRAL_INVARIANTS } from '../support/referral-invariants.ts';
import { openRows } from '../support/rows.ts';
import { Undone, whatBreaks } from '../support/sabotage.ts';
import { startTestApp } from '../support/test-app.ts';

/** The checker of invariants (G5) is worth what it finds: here every rule of it is broken once. */
const test = await startTestApp();
const { sql } = openRows(test.url);
let shop: Shop;
let stock: Record<string, number>;

beforeAll(async () => {
  await connectWebhooks(test);
  shop = await openShop(test, { stock: 50 });
  stock = { [shop.productId]: 50 };
  const admin = shop.owner.token;
  const paid = await buy(test, shop, { quantity: 2 });
  await refund(test, paid.id, { token: admin, amount: 700 });
  await refund(test, paid.id, { token: admin, amount: 800 });
  await refund(test, (await buy(test, shop)).id, { token: admin });
  const canceled = await begin(test, shop);
  await cancel(test, canceled.id, shop.buyer.token);
  const declined = await begin(test, shop);
  await confirm(test, declined.clientSecret, CARDS.declined);
  await told(test);
  await begin(test, shop);
  await told(test);
  await sweepIn(test, 31);
  await begin(test, shop);
  await buyTier();
});

async function buyTier() {
  const price = { amount: 2000, currency: 'EUR', interval: 'one_time' };
  const body = { name: 'For good', code: 'good', rank: 1, price };
  const tiers = `memberships/tenant/${shop.tenantId}/tiers`;
  const tier = await test.call('POST', tiers, { token: shop.owner.token, body });
  expect(tier.status, tier.text).toBe(201);
  const asked = { tenantId: shop.tenantId, tierId: tier.body.data.id };
  const bought = await test.call('POST', 'stripe/subscribe', { token: shop.buyer.token, body: asked });
  expect(bought.status, bought.text).toBe(201);
  await confirm(test, bought.body.data.clientSecret);
  await told(test);
}

const brokenBy = (...statements: string[]) => whatBreaks(sql, { statements, stock });

const one = (table: string, where: string) => `id in (select id from ${table} where ${where} order by id limit 1)`;
const firstOf = (type: string) => one('events', `type = '${type}'`);

const countStored = (purpose: string, bytes: number) =>
  `insert into storage_counters (tenant_id, holder_id, purpose, bytes, files)
   select tenant_id, tenant_id, '${purpose}', ${bytes}, 1 from products limit 1`;
const FILE_BEFORE_CONFIRM = `
  insert into files (tenant_id, id, is_personal, key, purpose, visibility, name, content_type, size, status, stored_bytes, created_at, expires_at)
  select tenant_id, uuidv7(), false, 'a', 'product', 'public', 'a.png', 'image/png', 1, 'pending', 1, now(), now() from products limit 1`;

// Those of coupons, crypto, points and quests are broken where there are some.
const ELSEWHERE = {
  ...COUPON_INVARIANTS,
  ...CRYPTO_INVARIANTS,
  ...POINT_INVARIANTS,
  ...QUEST_INVARIANTS,
  ...REFERRAL_INVARIANTS,
  ...REFERRAL_ANALYTICS_INVARIANTS,
};
const OURS = Object.keys(INVARIANTS).filter((name) => !(name in ELSEWHERE));

const SABOTAGE: Record<string, string[]> = {
  'refunded ≤ reserved ≤ paid, and nothing of what was not paid': [
    `update payments set status = 'canceled', succeeded_at = null where refunded_amount > 0`,
  ],
  'the sums of a payment are those of its refunds': [`update refunds set amount = amount - 1 where amount = 700`],
  'a refund is of a paid payment, in its currency': [`update refunds set currency = 'USD' where amount = 700`],
  'a refund under way is looked at, a settled one is not, and what succeeded is known at the processor': [
    `update refunds set check_at = now() where amount = 700`,
  ],
  'the amount is that of the items': [
    `update payments set items = jsonb_set(items, '{0,amount}', '1') where amount = 3000`,
  ],
  'a payment that is final is closed, and one that is open is looked at': [
    `update payments set check_at = null where status = 'pending'`,
  ],
  'a total of 0 needs no processor, and only that': [`update payments set provider = 'none' where amount = 3000`],
  'one payment for each key of a request, each intent and each invoice': [
    `update payments set intent_id = 'pi_twice' where intent_id is not null`,
  ],
  'one refund for each key of a request, and each refund of the processor': [
    'alter table refunds drop constraint refunds_card_refund_key',
    `update refunds set card_refund_id = 're_twice'`,
  ],
  'what succeeded has given each of its products once': [
    `delete from effects where kind = 'product' and taken_back_at is null`,
  ],
  'what succeeded has given the tier that it paid for': [`delete from effects where kind = 'membership'`],
  'an effect has its payment, gives what that was for, to whom it is': [
    `update effects set user_id = uuidv7() where kind = 'stock' and taken_back_at is null`,
  ],
  'what was not paid, or was given back in full, or was lost to a dispute, has given nothing': [
    `update effects set taken_back_at = null, taken_back_by = null where taken_back_by = 'canceled'`,
  ],
  'what was paid is taken back by a refund or dispute of this very payment': [
    `update effects set taken_back_by = 'refund:' || uuidv7() where taken_back_by like 'refund:%'`,
  ],
  'what is owned by a payment is what its effects say': [
    `update owned_products set taken_back_at = null where taken_back_at is not null`,
  ],
  'one payment.succeeded for each payment that succeeded, and for no other': [
    `delete from events where ${firstOf('payment.succeeded')}`,
  ],
  'one payment.expired for each that expired, and for no other': [
    `delete from events where ${firstOf('payment.expired')}`,
  ],
  'one payment.refunded for each refund that succeeded, and one when it came back': [
    `delete from events where ${firstOf('payment.refunded')}`,
  ],
  'a payment that says failed was announced': [`delete from events where type = 'payment.failed'`],
  'a product is as its last event says': [`update products set version = version + 1`],
  'a membership is as its last event says': [`delete from events where object_type = 'membership'`],
  'what is refunded of a payment is what its last event says': [`delete from events where type = 'payment.refunded'`],
  'the events of an object count from 1, in the order of their positions': [
    `update events set sequence = sequence + 1 where ${firstOf('payment.failed')}`,
  ],
  'what is counted as stored is the sum of the files': [countStored('all', 3)],
  'a counter is the sum of its purposes': [countStored('all', 3), countStored('product', 2)],
  'what is used is there': [
    FILE_BEFORE_CONFIRM,
    `insert into file_usages select tenant_id, id, 'product', id from files`,
  ],
  'an event of the processor waits, or it is done': [
    `update stripe_events set status = 'pending' where status = 'succeeded'`,
  ],
};

describe('the checker of invariants', () => {
  it('finds nothing where all is right', async () => {
    await checkInvariants(sql, { stock });
    await checkProcessor(sql, test.sandbox.stripe);
    const rows = await sql`select distinct status from payments order by status`;
    expect(rows.map(({ status }) => status)).toEqual(['canceled', 'expired', 'failed', 'pending', 'succeeded']);
  });

  it.each(OURS)('notices when it is broken that %s', async (name) => {
    expect(await brokenBy(...(SABOTAGE[name] ?? []))).toContain(name);
  });

  it('notices stock that went nowhere', async () => {
    const broken = await brokenBy(`update products set stock = stock - 1 where id = '${shop.productId}'`);
    expect(broken).toEqual(['a product is as its last event says', `stock of ${shop.productId}`]);
  });

  it('notices money that the processor took and we know nothing of, and the other way round', async () => {
    const whenDone = async (statement: string) => {
      const undone = sql.begin(async (tx) => {
        await tx.unsafe(statement);
        await checkProcessor(tx as unknown as Sql, test.sandbox.stripe);
        throw new Undone();
      });
      await expect(undone).rejects.not.toThrow(Undone);
    };
    const paid = `status = 'succeeded' and amount = 3000`;
    await whenDone(`update payments set intent_id = null where ${paid}`);
    await whenDone(`update payments set amount = 3001, subtotal = 3001 where ${paid}`);
    await whenDone(`update payments set refunded_amount = 0 where ${paid}`);
    await whenDone(`update payments set status = 'succeeded' where status = 'pending'`);
    const again = sql.begin(async (tx) => {
      await checkProcessor(tx as unknown as Sql, test.sandbox.stripe);
      throw new Undone();
    });
    await expect(again).rejects.toThrow(Undone);
  });
});
