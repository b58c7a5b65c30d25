import { afterAll, expect, it } from 'vitest';
import { fixedClock } from '#src/clients/clock.ts';
import { grantRewards } from '#src/referrals/grant-rewards.ts';
import { startChain } from '../support/anvil.ts';
import { CHAIN_ID, ETH, mine, newXpub, pay, send, setUp, watch } from '../support/crypto.ts';
import { findBroken } from '../support/invariants.ts';
import { addDays } from '../support/points.ts';
import { balanceOf, brought, newReferrer, referringShop, track } from '../support/referrals.ts';
import { openRows } from '../support/rows.ts';
import { linkWith, newAccount, signedBy } from '../support/siwe.ts';
import { startTestApp } from '../support/test-app.ts';

const chain = await startChain({ chainId: CHAIN_ID });
const environment = { EVM_RPC_URL: chain.url, EVM_CHAIN_ID: String(CHAIN_ID), RATE_LIMITS: 'off', TEST_CLOCK: 'on' };
const test = await startTestApp(environment);
const { sql } = openRows(test.url);
afterAll(async () => expect(await findBroken(sql)).toEqual([]));

it('converts a purchase in crypto, takes it back with a reorganisation, and counts it when the money comes again', async () => {
  const shop = await referringShop(test);
  const saved = await setUp(test, shop, { account: { xpub: newXpub().xpub }, assets: [ETH] });
  expect(saved.status, saved.text).toBe(200);
  const referrer = await newReferrer(test, shop);
  const friend = await brought(test, shop, referrer.link.code);
  const balances = async () => [await balanceOf(test, shop, referrer.token), await balanceOf(test, shop, friend.token)];
  const statuses = async () =>
    (await sql`select status from referral_conversions where tenant_id = ${shop.tenantId}`).map(({ status }) => status);
  const made = await pay(test, shop, { token: friend.token });
  await watch(test);
  const snapshot = await chain.client.snapshot();
  await send(chain, made.address, '0.0075');
  await mine(chain, 3);
  await watch(test);
  expect(await statuses()).toEqual(['counted']);
  await grantRewards({ ...test.deps, clock: fixedClock(addDays(15)) });
  expect(await balances()).toEqual([200, 100]);
  await chain.client.revert({ id: snapshot });
  await mine(chain, 6);
  await watch(test);
  expect(await statuses()).toEqual(['reversed']);
  expect(await balances()).toEqual([0, 0]);
  await send(chain, made.address, '0.0075');
  await mine(chain, 2);
  await watch(test);
  expect(await statuses()).toEqual(['counted']);
  await grantRewards({ ...test.deps, clock: fixedClock(addDays(15)) });
  expect(await balances()).toEqual([200, 100]);
});

it('refuses a purchase that is paid from a wallet of the referrer, and not one from a wallet of anybody else', async () => {
  const shop = await referringShop(test);
  const saved = await setUp(test, shop, { account: { xpub: newXpub().xpub }, assets: [ETH] });
  expect(saved.status, saved.text).toBe(200);
  const referrer = await newReferrer(test, shop);
  const wallet = newAccount();
  const linked = await linkWith(test, await signedBy(test, wallet, referrer), referrer.token);
  expect(linked.status, linked.text).toBe(200);
  await send(chain, wallet.address, '1');
  const statusOf = async (account: typeof wallet | undefined) => {
    const friend = await brought(test, shop, referrer.link.code);
    const made = await pay(test, shop, { token: friend.token });
    await chain.client.sendTransaction({
      to: made.address,
      value: 7_500_000_000_000_000n,
      ...(account && { account }),
    });
    await mine(chain, 3);
    await watch(test);
    const [row] = await sql`select c.status, c.findings, p.status as payment from referral_conversions c
      join payments p on p.tenant_id = c.tenant_id and p.id = c.payment_id where p.id = ${made.id}`;
    return row;
  };
  expect(await statusOf(wallet)).toMatchObject({
    status: 'refused',
    findings: [{ rule: 'SAME_WALLET', effect: 'refused' }],
    payment: 'succeeded',
  });
  expect(await statusOf(undefined)).toMatchObject({ status: 'counted', findings: [] });
});

it('passes over what was paid from a wallet that became known as that of the referrer, and rewards the next', async () => {
  const shop = await referringShop(test);
  await setUp(test, shop, { account: { xpub: newXpub().xpub }, assets: [ETH] });
  const { owner, tenantId } = shop;
  const referrer = await newReferrer(test, shop);
  const friend = await brought(test, shop, referrer.link.code);
  const wallet = newAccount();
  await send(chain, wallet.address, '1');
  const elsewhere = async (externalId: string): Promise<string> => {
    const body = { code: referrer.link.code, event: 'purchase', userId: friend.userId, externalId };
    const money = { amount: 900, currency: 'EUR' };
    return (await track(test, { ...body, ...money }, owner.token)).body.data.eventId;
  };
  const first = await elsewhere('first');
  const made = await pay(test, shop, { token: friend.token });
  await chain.client.sendTransaction({ to: made.address, value: 7_500_000_000_000_000n, account: wallet });
  await mine(chain, 3);
  await watch(test);
  const third = await elsewhere('third');
  expect((await linkWith(test, await signedBy(test, wallet, referrer), referrer.token)).status).toBe(200);
  await test.call('POST', `referrals/tenant/${tenantId}/conversions/${first}/reverse`, { token: owner.token });
  const rows = await sql`select id, findings, payment_id from referral_conversions
    where tenant_id = ${tenantId} and status = 'counted' order by created_at, id`;
  expect(rows).toMatchObject([
    { payment_id: made.id, findings: [{ rule: 'SAME_WALLET', effect: 'unrewarded' }] },
    { id: third, findings: [] },
  ]);
  await grantRewards({ ...test.deps, clock: fixedClock(addDays(15)) });
  expect(await balanceOf(test, shop, referrer.token)).toBe(200);
});
