import { getAddress } from 'viem';
import { describe, expect, it } from 'vitest';
import { startChainApp } from '../support/chain-app.ts';
import { ETH, mine, openCryptoShop, pay, prices, send, setUp, stateOf, watch } from '../support/crypto.ts';
import { linkWith, newAccount, signedBy } from '../support/siwe.ts';

const { chain, test, sql } = await startChainApp();

type Shop = Awaited<ReturnType<typeof openCryptoShop>>;
const receiveAt = (shop: Shop, address: string) => setUp(test, shop, { account: { address }, assets: [ETH] });
const accountOf = async ({ tenantId, owner }: Shop) =>
  (await test.call('GET', `payments/crypto/tenant/${tenantId}/settings`, { token: owner.token })).body.data.account;
const transfersOf = async ({ tenantId, owner }: Shop) =>
  (await test.call('GET', `payments/crypto/tenant/${tenantId}/transfers`, { token: owner.token })).body.data;

describe('an address', () => {
  it('is one brand’s, of many that come at once, and nobody is told whose', async () => {
    const { address } = newAccount();
    const shops = await Promise.all(Array.from({ length: 5 }, () => openCryptoShop(test)));
    const answers = await Promise.all(shops.map((shop) => receiveAt(shop, address)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409]);
    const refused = answers.find(({ status }) => status === 409);
    expect(refused?.body.error.code).toBe('ADDRESS_TAKEN');
    const holder = shops[answers.findIndex(({ status }) => status === 200)] as Shop;
    expect(refused?.text).not.toContain(holder.tenantId);
    expect((await receiveAt(holder, address)).status).toBe(200);
    expect((await setUp(test, holder, { account: { xpub: holder.xpub }, assets: [ETH] })).status).toBe(200);
    const next = shops.find((shop) => shop !== holder) as Shop;
    expect((await receiveAt(next, address)).status).toBe(200);
  });

  it('that somebody has entered first goes to whoever shows that the wallet is theirs', async () => {
    const account = newAccount();
    const [squatter, real] = [await openCryptoShop(test), await openCryptoShop(test)];
    expect((await receiveAt(squatter, account.address)).status).toBe(200);
    const trap = await pay(test, squatter);
    expect((await receiveAt(real, account.address)).status).toBe(409);
    const linked = await linkWith(test, await signedBy(test, account, { token: real.owner.token }), real.owner.token);
    expect(linked.status, linked.text).toBeLessThan(300);
    expect((await receiveAt(real, account.address)).status).toBe(200);
    expect(await accountOf(squatter)).toBeNull();
    expect((await receiveAt(squatter, account.address)).status).toBe(409);
    const audit = await sql`select actor_type, after from audit_entries where tenant_id = ${squatter.tenantId}
      and action = 'cryptoSettings.addressLost'`;
    expect(audit).toMatchObject([{ actor_type: 'system' }]);
    // What the squatter waits for there, with the very amount, is the real brand's all the same.
    const made = await pay(test, real);
    await sql`update crypto_payments set pay_units = (select pay_units from crypto_payments where id = ${made.id})
      where id = ${trap.id}`;
    await watch(test);
    await send(chain, getAddress(made.address), made.payAmount);
    await mine(chain);
    await watch(test);
    expect((await stateOf(test, made)).status).toBe('succeeded');
    expect((await stateOf(test, trap)).status).toBe('pending');
    expect(await transfersOf(real)).toMatchObject([{ verdict: 'credited' }]);
    expect(await transfersOf(squatter)).toMatchObject([{ verdict: 'unmatched', paymentId: null }]);
  });

  it('of a wallet is shared by the brands of its person, and each sees all that arrives', async () => {
    const account = newAccount();
    const one = await openCryptoShop(test);
    await linkWith(test, await signedBy(test, account, { token: one.owner.token }), one.owner.token);
    const two = await openCryptoShop(test, { assets: [{ ...ETH, rate: prices('1000') }] });
    await sql`insert into tenant_members select ${two.tenantId}, user_id, role, joined_at from tenant_members
      where tenant_id = ${one.tenantId} and role = 'owner'`;
    expect((await receiveAt(one, account.address)).status).toBe(200);
    expect((await receiveAt(two, account.address)).status).toBe(200);
    expect(await accountOf(one)).toMatchObject({ kind: 'address' });
    const made = await pay(test, one);
    await watch(test);
    await send(chain, getAddress(made.address), made.payAmount);
    await mine(chain);
    await watch(test);
    expect((await stateOf(test, made)).status).toBe('succeeded');
    expect(await transfersOf(two)).toMatchObject([{ verdict: 'unmatched' }]);
  });
});
