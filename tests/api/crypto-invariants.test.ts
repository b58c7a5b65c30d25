import { beforeAll, describe, expect, it } from 'vitest';
import { startChain } from '../support/anvil.ts';
import { CHAIN_ID, mine, openCryptoShop, pay, send, watch } from '../support/crypto.ts';
import { CRYPTO_INVARIANTS } from '../support/crypto-invariants.ts';
import { findBroken } from '../support/invariants.ts';
import { refund } from '../support/payments.ts';
import { openRows } from '../support/rows.ts';
import { whatBreaks } from '../support/sabotage.ts';
import { startTestApp } from '../support/test-app.ts';

const chain = await startChain({ chainId: CHAIN_ID });
const test = await startTestApp({ EVM_RPC_URL: chain.url, EVM_CHAIN_ID: String(CHAIN_ID) });
const { sql } = openRows(test.url);
const WALLET = '0x15d34aaf54267db7d7c367839aaf71a00a2c6a65';

/** One of each: refunded, sent back, taken off as credit by one that is paid, and marked. */
beforeAll(async () => {
  const shop = await openCryptoShop(test, { policies: { over: { action: 'credit' } } });
  const { token } = shop.owner;
  const sendBack = async (trackingId: string, amount: string, refundId?: string) => {
    const txHash = await send(chain, WALLET, amount);
    await mine(chain);
    const body = { txHash, destination: WALLET, amount, refundId };
    const recorded = await test.call('POST', `payments/crypto/${trackingId}/refunds`, { token, body });
    expect(recorded.status, recorded.text).toBe(201);
  };
  const over = await pay(test, shop);
  await send(chain, over.address, '0.01');
  await mine(chain);
  await watch(test);
  await sendBack(over.trackingId, '0.001');
  const next = await pay(test, shop);
  await send(chain, next.address, '0.006');
  await mine(chain);
  await watch(test);
  const { refund: asked } = (await refund(test, next.id, { token })).body.data;
  await sendBack(next.trackingId, '0.0075', asked.id);
  const marked = await pay(test, shop);
  const mark = { token, body: { status: 'settled', reason: 'Cash' } };
  expect((await test.call('POST', `payments/crypto/${marked.trackingId}/mark`, mark)).status).toBe(200);
});

const SABOTAGE: Record<keyof typeof CRYPTO_INVARIANTS, string[]> = {
  'what is settled has enough confirmed transfers that stand, or an admin has said so': [
    'update crypto_payments set required_confirmations = 999 where not is_marked',
  ],
  'what has enough confirmed transfers in time is settled': [
    `update crypto_payments set status = 'processing', is_marked = false where status = 'settled'`,
  ],
  'the status of a payment is that of its crypto side': [
    `update payments set status = 'processing' where provider = 'crypto'`,
  ],
  'a payment in crypto has a crypto side, and shows it': [
    `update payments set crypto = null where provider = 'crypto'`,
  ],
  'what a payment was paid is the sum of its transfers that stand': [
    `update crypto_transfers set reversed_at = now() where verdict = 'credited'`,
  ],
  'a transfer pays one payment, over all brands': ['delete from spent_transfers'],
  'what is credited is of the asset, and went to the address': [`update crypto_transfers set contract = '0x00'`],
  'one brand receives at an address, but for those whose owner has its wallet': [
    `insert into tenants select (jsonb_populate_record(t, jsonb_build_object('id', uuidv7(), 'subdomain', 'copy'))).*
      from tenants t limit 1`,
    `insert into crypto_settings select (jsonb_populate_record(s, jsonb_build_object('tenant_id', t.id))).*
      from crypto_settings s, tenants t where t.subdomain = 'copy' limit 1`,
    `update crypto_settings set account_kind = 'address', xpub = null, address = '0x${'5f'.repeat(20)}'`,
  ],
  'an address of an extended key is given to one payment': [
    'drop index crypto_payments_amount_key',
    `update crypto_payments set address = '0x00'`,
  ],
  'no more is owed than came, and no more given back than is owed': [
    `update crypto_payments set owed_units = confirmed_units + 1, owed_as = 'refund'`,
  ],
  'what was given back of a payment is what was sent back for it': [
    'update crypto_refunds set reversed_at = now() where refund_id is null',
  ],
  'credit is what is owed as such, and used as much as payments have taken': [
    'update crypto_credits set used_units = used_units - 1 where used_units > 0',
  ],
  'credit that was taken off is there, or missing to the payment; what is over holds none': [
    'update crypto_payments set lost_units = credit_units where credit_units > 0',
  ],
  'credit is used by its owner, in its brand, asset and chain': [`update crypto_credits set contract = '0x00'`],
  'a refund in crypto that succeeded was seen on the chain': ['delete from crypto_refunds where refund_id is not null'],
};

describe('the checker of invariants of crypto', () => {
  it('finds nothing where all is right', async () => {
    expect(await findBroken(sql)).toEqual([]);
  });

  it.each(Object.entries(SABOTAGE))('finds it: %s', async (name, statements) => {
    expect(await whatBreaks(sql, { statements })).toContain(name);
  });

  it('has one for each', () => {
    expect(Object.keys(SABOTAGE).sort()).toEqual(Object.keys(CRYPTO_INVARIANTS).sort());
  });
});
