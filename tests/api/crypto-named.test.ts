import { describe, expect, it } from 'vitest';
import { checkCryptoPayment } from '#src/crypto/check-crypto-payment.ts';
import { startChainApp } from '../support/chain-app.ts';
import { tokenAt } from '../support/coupons.ts';
import { CHAIN_ID, mine, openCryptoShop, pay, send, stateOf, watch } from '../support/crypto.ts';
import { inMinutes } from '../support/payments.ts';

const { chain, test, sql, nodeWith, look } = await startChainApp();
describe('a transaction by its name', () => {
  it('pays for nothing that was asked for only after it', async () => {
    const address = `0x${'5a'.repeat(20)}` as const;
    const shop = await openCryptoShop(test, { account: { address } });
    // Somebody has bought something else of the brand, and nobody was looking.
    const hash = await send(chain, address, '0.0075');
    await mine(chain, 3);
    await watch(test);
    const clock = inMinutes(1);
    const token = await tokenAt(test, sql, { userId: shop.buyer.userId, at: clock });
    const made = await pay(test, shop, { token, clock });
    expect(made.payAmount).toBe('0.0075');
    const named = await look(made.trackingId, hash);
    expect(named.body.error?.code, named.text).toBe('TRANSACTION_MISMATCH');
    expect(await stateOf(test, made)).toMatchObject({ status: 'pending', crypto: { actuallyPaid: '0' } });
  });

  it('is not written down after the reorganisation that undid it', async () => {
    const shop = await openCryptoShop(test);
    const made = await pay(test, shop);
    await watch(test);
    const snapshot = await chain.client.snapshot();
    const hash = await send(chain, made.address, '0.0075');
    await mine(chain, 2);
    await watch(test);
    // As if the node had kept it to itself.
    await sql`delete from crypto_transfers where payment_id = ${made.id}`;
    await sql`delete from crypto_timeline where payment_id = ${made.id} and kind = 'seen'`;
    await sql`update crypto_payments set check_block = 0 where id = ${made.id}`;
    const real = test.deps.chains.find(CHAIN_ID);
    if (!real) throw new Error('there is no chain');
    let asked = 0;
    // What the node says of it is on its way while its block is undone, and that is read.
    const transaction = async (txHash: string) => {
      const found = await real.transaction(txHash);
      asked += 1;
      if (asked > 1) return found;
      await chain.client.revert({ id: snapshot });
      await mine(chain, 8);
      await watch(test);
      return found;
    };
    const chains = nodeWith({ transaction });
    const ctx = { ...test.deps, deps: { ...test.deps, chains } };
    const looked = checkCryptoPayment(ctx as never, { trackingId: made.trackingId, txHash: hash });
    await looked.catch((error) => expect(error.code).toBe('TRANSACTION_NOT_FOUND'));
    expect(asked).toBeGreaterThan(0);
    await watch(test);
    expect(await stateOf(test, made)).toMatchObject({ status: 'pending', crypto: { actuallyPaid: '0' } });
  });
});
