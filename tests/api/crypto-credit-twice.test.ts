import { describe, expect, it } from 'vitest';
import { startChainApp } from '../support/chain-app.ts';
import { mine, openCryptoShop, pay, quote, send, stateOf, watch } from '../support/crypto.ts';
import { checkInvariants } from '../support/invariants.ts';
import { cancel, depsAt, inMinutes, sweepIn } from '../support/payments.ts';
import { quickPerson } from '../support/quick-people.ts';
import { payUndone } from '../support/undone-transfer.ts';

const { chain, test, sql } = await startChainApp();
const WALLET = '0x15d34aaf54267db7d7c367839aaf71a00a2c6a65';
const credit = { action: 'credit' };

type Shop = Awaited<ReturnType<typeof openCryptoShop>>;
const creditsOf = async (token: string) => (await test.call('GET', 'payments/crypto/credits', { token })).body.data;
const confirmed = async (blocks = 1) => {
  await mine(chain, blocks);
  await watch(test);
};
const sendBack = async (shop: Shop, { trackingId }: { trackingId: string }, amount: string) => {
  const txHash = await send(chain, WALLET, amount);
  await mine(chain);
  const body = { txHash, destination: WALLET, amount };
  return test.call('POST', `payments/crypto/${trackingId}/refunds`, { token: shop.owner.token, body });
};
const expire = async (minutes = 16) => {
  await watch(test, depsAt(test, inMinutes(minutes)));
  await sweepIn(test, minutes);
};

describe('what is owed as a refund', () => {
  it('is no credit again when a payment gives back what it had taken of it', async () => {
    const shop = await openCryptoShop(test, { policies: { under: credit } }, { stock: 9 });
    const { token } = await quickPerson(test);
    const first = await pay(test, shop, { token });
    await send(chain, first.address, '0.004');
    await confirmed();
    await expire();
    const next = await pay(test, shop, { token });
    expect(next.crypto.credit).toBe('0.004');
    const mark = { token: shop.owner.token, body: { status: 'settled', reason: 'The rest in cash' } };
    expect((await test.call('POST', `payments/crypto/${first.trackingId}/mark`, mark)).status).toBe(200);
    await watch(test);
    expect((await cancel(test, next.id, token)).status).toBe(200);
    expect((await stateOf(test, first)).crypto.owed).toEqual({ amount: '0.004', as: 'refund' });
    expect(await creditsOf(token)).toMatchObject([{ amount: '0', used: '0', left: '0' }]);
    await checkInvariants(sql);
    expect((await sendBack(shop, first, '0.004')).status).toBe(201);
    expect((await quote(test, shop, { token })).body.data).toMatchObject({ credit: '0', payAmount: '0.0075' });
  });
});

describe('a payment that took credit', () => {
  const withCredit = async (shop: Shop, amount = '0.01') => {
    const person = await quickPerson(test);
    const { token } = person;
    const [older, first] = [await pay(test, shop, { token }), await pay(test, shop, { token })];
    await watch(test);
    return { ...person, older, first, ...(await payUndone({ chain, test }, first, amount)) };
  };
  const settings = { policies: { over: credit, late: { action: 'accept' } } };

  it('and lost all of it keeps no claim to it when it expires, and takes other credit when it is paid late', async () => {
    const shop = await openCryptoShop(test, settings, { stock: 9 });
    const { token, older, undo, again } = await withCredit(shop);
    const next = await pay(test, shop, { token });
    await undo();
    await expire(1_500);
    expect((await stateOf(test, next)).status).toBe('expired');
    await send(chain, older.address, '0.01');
    await confirmed();
    await send(chain, next.address, '0.005');
    await confirmed();
    expect(await stateOf(test, next)).toMatchObject({ status: 'succeeded', crypto: { credit: '0.0025' } });
    await again();
    expect(await stateOf(test, next)).toMatchObject({ status: 'succeeded', crypto: { credit: '0.0025' } });
    expect((await creditsOf(token)).map(({ left }: any) => left).sort()).toEqual(['0', '0.0025']);
    await checkInvariants(sql);
  });

  it('never stands on itself: what came from it pays for another one, not for it', async () => {
    const shop = await openCryptoShop(test, { policies: { over: credit, under: credit } }, { stock: 9 });
    const { token } = await withCredit(shop);
    const next = await pay(test, shop, { token });
    await send(chain, next.address, '0.003');
    await confirmed();
    await sql`update crypto_payments set expires_at = now() + interval '5 seconds' where id = ${next.id}`;
    await watch(test, depsAt(test, inMinutes(2)));
    await sweepIn(test, 16);
    expect((await stateOf(test, next)).status).toBe('expired');
    const other = await pay(test, shop, { token, body: { items: undefined, amount: 500, currency: 'EUR' } });
    expect(other.crypto).toMatchObject({ credit: '0.0025', payAmount: '0' });
    // In time by the word of its block, though nobody saw it in time.
    await sql`update crypto_payments set expires_at = now() + interval '1 hour' where id = ${next.id}`;
    await send(chain, next.address, '0.002');
    await confirmed();
    expect((await stateOf(test, next)).crypto).toMatchObject({ status: 'expired', owed: { amount: '0.005' } });
    expect(await sql`select id from crypto_credit_uses where credit_id = payment_id`).toEqual([]);
  });

  it('and has it again has no longer to pay than others', async () => {
    const shop = await openCryptoShop(test, settings, { stock: 9 });
    const { token, undo, again } = await withCredit(shop);
    const next = await pay(test, shop, { token });
    await undo();
    await again();
    expect((await stateOf(test, next)).crypto).toMatchObject({ credit: '0.0025', due: '0.005' });
    await expire(17);
    expect((await stateOf(test, next)).status).toBe('expired');
    expect(await creditsOf(token)).toMatchObject([{ left: '0.0025' }]);
  });

  it('for all of it is not opened again by less than nothing', async () => {
    const shop = await openCryptoShop(test, { policies: { over: credit } }, { stock: 9 });
    const { token, undo, again } = await withCredit(shop, '0.015');
    const next = await pay(test, shop, { token });
    expect(next.payment.status).toBe('succeeded');
    await undo();
    await expire(1_500);
    expect((await stateOf(test, next)).status).toBe('expired');
    await again();
    await send(chain, next.address, 1n);
    await confirmed();
    expect((await stateOf(test, next)).status).toBe('expired');
  });
});
