import { expect } from 'vitest';
import { newId } from '#src/lib/ids.ts';
import { payOnPaper } from './live-crypto.ts';
import { newMember } from './live-quests.ts';
import { convert } from './live-referrals.ts';
import { eventOf, tell } from './payments.ts';
import { buyProduct } from './purchases.ts';
import type { Rows } from './rows.ts';
import type { TestApp } from './test-app.ts';
import { type FullBrand, sendDocument } from './world.ts';

type Items = { test: TestApp; sql: Rows['sql'] };

/** At least two items in each list that the owner of the brand can ask for. */
export async function fillLists({ test, sql }: Items, brand: FullBrand): Promise<void> {
  const { tenantId, owner, staff, params } = brand;
  const call = async (path: string, body: object = {}, token = owner.token) => {
    const answer = await test.call('POST', path, { token, body, headers: { 'x-tenant-id': tenantId } });
    expect(answer.status, answer.text).toBeLessThan(300);
    return answer.body.data;
  };
  for (const email of ['one@example.com', 'two@example.com']) {
    await call(`tenants/${tenantId}/team`, { email, role: 'staff' });
  }
  for (const code of ['silver', 'bronze']) {
    await call(`memberships/tenant/${tenantId}/tiers`, { name: code, code, rank: 1 });
    await call('auth/api-keys', { name: code, scopes: ['read'] });
  }
  const { id: membershipId } = await call(`tenants/${tenantId}/membership/join`);
  await call(`tenants/${tenantId}/membership/join`, {}, staff.token);
  for (let n = 0; n < 2; n += 1) {
    await sql`insert into point_entries (tenant_id, id, membership_id, amount, reason, created_at)
      values (${tenantId}, ${newId()}, ${membershipId}, 5, 'adjustment', now())`;
    await sql`insert into points_purchases
        (tenant_id, id, membership_id, user_id, product_id, quantity, points, status, created_at)
      values (${tenantId}, ${newId()}, ${membershipId}, ${owner.userId}, ${params['productId'] ?? ''}, 1, 5, 'completed', now())`;
    await sql`insert into owned_products
        (tenant_id, id, user_id, product_id, quantity, source, source_id, acquired_at)
      values (${tenantId}, ${newId()}, ${owner.userId}, ${params['productId'] ?? ''}, 1, 'grant', ${newId()}, now())`;
  }
  for (const code of ['WINTER-5', 'WINTER-6']) {
    const coupon = { code, name: code, kind: 'percent', percentOff: 5, public: true };
    const { id: couponId } = await call(`coupons/${tenantId}`, coupon);
    await call(`coupons/${tenantId}/${couponId}/claim`);
  }
  const quests = `quests/tenant/${tenantId}`;
  const { id: questId } = await call(quests, { title: 'Plant a tree', kind: 'once', points: 5, target: 9 });
  for (const id of [questId, params['questId']]) {
    await call(`${quests}/${id}/complete`, { userId: owner.userId }, staff.token);
  }
  const proving = await newMember(test, tenantId);
  await call(`${quests}/${params['questId']}/submissions`, { text: 'A tree' }, proving.token);
  for (let n = 0; n < 2; n += 1) {
    await sql`insert into crypto_transfers
        (tenant_id, id, chain_id, tx_hash, log_index, block_number, block_hash, block_at, "from", "to", units, verdict, created_at)
      values (${tenantId}, ${newId()}, 1, ${`0x${n}`}, -1, 1, '0x1', now(), '0x1', '0x2', 5, 'unmatched', now())`;
    const { payment } = await payOnPaper(test, brand);
    await sql`insert into crypto_credits
        (tenant_id, id, user_id, chain_id, asset, decimals, units, used_units, created_at, updated_at)
      values (${tenantId}, ${payment.id}, ${owner.userId}, 1, 'ETH', 18, 5, 5, now(), now())`;
  }
  await call(`referrals/tenant/${tenantId}/campaigns`, { name: 'Autumn' });
  await convert(test, brand);
  for (let n = 0; n < 2; n += 1) await fillRewards(sql, { tenantId, userId: owner.userId });
  for (let n = 0; n < 2; n += 1) await pay({ test, sql }, brand);
  await sendDocument(test, { tenantId, token: owner.token });
  const codes = ['PARTNER-7Q2XM4KD', 'PARTNER-9W3ZP5LF'];
  for (const code of codes) await call(`coupons/${tenantId}/${params['couponId']}/codes/import`, { codes: [code] });
  const hook = { url: 'https://hooks.example.com/two', events: ['*'] };
  await call('webhooks/endpoints', hook);
  for (let n = 0; n < 2; n += 1) await call(`webhooks/endpoints/${params['endpointId']}/test`);
  const { id: second } = await call('tenants', { name: 'Second', subdomain: `s${newId().slice(-18)}` });
  await call(`memberships/tenant/${second}/tiers`, { name: 'Free', code: 'free', rank: 1 });
  await call(`tenants/${second}/membership/join`);
}

/** A payment of the owner, with a refund and a dispute: three events of the platform. */
async function pay({ test, sql }: Items, { tenantId, owner: { token }, params }: FullBrand): Promise<void> {
  const { payment, intentId } = await buyProduct(test, { tenantId, productId: params['productId'] ?? '', token });
  const refunded = await test.call('POST', `payments/refund/${payment.id}`, { token, body: { amount: 100 } });
  expect(refunded.status, refunded.text).toBe(201);
  const dispute = await test.sandbox.call('disputes', { payment_intent: intentId });
  const told = await tell(test, eventOf('charge.dispute.created', dispute));
  expect(told.status, told.text).toBe(200);
  expect(await sql`select 1 from disputes where payment_id = ${payment.id}`).toHaveLength(1);
}

async function fillRewards(
  sql: Rows['sql'],
  { tenantId, userId }: { tenantId: string; userId: string },
): Promise<void> {
  await sql`insert into referral_rewards
      (tenant_id, id, referral_id, conversion_id, user_id, side, status, gifts, points, due_at, created_at)
    select tenant_id, ${newId()}, referral_id, id, ${userId}, 'referrer', 'rejected', '[]'::jsonb, 0, now(), now()
    from referral_conversions where tenant_id = ${tenantId} limit 1`;
}
