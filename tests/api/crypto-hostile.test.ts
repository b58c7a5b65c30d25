import { beforeAll, describe, expect, it } from 'vitest';
import { startChainApp } from '../support/chain-app.ts';
import { tokenAt } from '../support/coupons.ts';
import {
  deployToken,
  ETH,
  mine,
  openCryptoShop,
  pay,
  send,
  sendToken,
  stateOf,
  tokenAsset,
  watch,
} from '../support/crypto.ts';
import { depsAt, inMinutes, stockOf, sweepIn } from '../support/payments.ts';

const { chain, test, sql, nodeWith, look } = await startChainApp();
let token: `0x${string}`;
beforeAll(async () => {
  token = await deployToken(chain);
});

describe('the watcher', () => {
  it('gives back what an unpaid payment holds when the chain is read up to its end, though that was late', async () => {
    const shop = await openCryptoShop(test, {}, { stock: 5 });
    await pay(test, shop);
    await watch(test);
    // The sweeper comes before the chain is read.
    await sweepIn(test, 15.1);
    expect(await stockOf(test, shop)).toBe(4);
    await watch(test, depsAt(test, inMinutes(16)));
    await sweepIn(test, 17);
    expect(await stockOf(test, shop)).toBe(5);
  });

  it('looks for late money until the blocks of that time are read', async () => {
    const shop = await openCryptoShop(test, { monitoringMinutes: 80 });
    const clock = inMinutes(-16);
    const buyer = await tokenAt(test, sql, { userId: shop.buyer.userId, at: clock });
    const made = await pay(test, shop, { clock, token: buyer });
    await watch(test);
    await sweepIn(test, 0);
    expect(await stateOf(test, made)).toMatchObject({ status: 'expired' });
    await send(chain, made.address, '0.0075');
    await mine(chain);
    // The node has fallen behind, and nobody notices for two hours.
    const chains = nodeWith({ head: async () => 1, hashAt: async () => null });
    await watch(test, { ...depsAt(test, inMinutes(120)), chains });
    await watch(test, depsAt(test, inMinutes(120)));
    expect(await stateOf(test, made)).toMatchObject({
      status: 'expired',
      crypto: { actuallyPaid: '0.0075', owed: { amount: '0.0075', as: 'refund' } },
    });
  });

  it('is not held up by payments that cannot be looked at', async () => {
    const shop = await openCryptoShop(test);
    const [stuck, made] = [await pay(test, shop), await pay(test, shop)];
    await watch(test);
    await sql`
      with copied as (
        insert into payments
        select (jsonb_populate_record(p, jsonb_build_object('id', uuidv7(), 'tracking_id', 'trk_stuck_' || n))).*
        from payments p, generate_series(1, 600) n where p.id = ${stuck.id} returning tenant_id, id
      )
      insert into crypto_payments
      select (jsonb_populate_record(c, jsonb_build_object('id', copied.id, 'asset', 'STUCK', 'check_block', 0,
        'address', 'stuck ' || copied.id))).*
      from crypto_payments c, copied where c.id = ${stuck.id}`;
    await sql.unsafe(`
      create function refuse() returns trigger language plpgsql as $$ begin raise exception 'stuck'; end $$;
      create trigger stuck before update on crypto_payments for each row when (new.asset = 'STUCK') execute function refuse()`);
    try {
      await send(chain, made.address, '0.0075');
      await mine(chain);
      await watch(test);
      expect(await stateOf(test, made)).toMatchObject({ status: 'succeeded' });
    } finally {
      await sql.unsafe('drop trigger stuck on crypto_payments; drop function refuse');
      await sql`delete from crypto_payments where asset = 'STUCK'`;
      await sql`delete from payments where tracking_id like 'trk_stuck_%'`;
    }
  });

  it('notes no transfer of nothing, which anybody can make', async () => {
    const shop = await openCryptoShop(test, { assets: [ETH, tokenAsset(token)] });
    const made = await pay(test, shop, { asset: 'USDX' });
    const hash = await sendToken(chain, { token, to: made.address, units: 0n });
    await watch(test);
    expect((await stateOf(test, made)).crypto).toMatchObject({ transactions: [], timeline: [{ kind: 'created' }] });
    const named = await look(made.trackingId, hash);
    expect(named.body.error?.code).toBe('TRANSACTION_MISMATCH');
  });
});

describe('a reorganisation', () => {
  it('after nobody looks any more: what comes again is found, and settles again', async () => {
    const shop = await openCryptoShop(test, { monitoringMinutes: 15 }, { stock: 5 });
    const made = await pay(test, shop);
    const later = depsAt(test, inMinutes(130));
    await watch(test);
    const snapshot = await chain.client.snapshot();
    const hash = await send(chain, made.address, '0.0075');
    const raw = await chain.client.request({ method: 'eth_getRawTransactionByHash', params: [hash] } as never);
    await mine(chain, 2);
    await watch(test, later);
    expect(await stateOf(test, made)).toMatchObject({ status: 'succeeded' });
    expect(await sql`select is_watched from crypto_payments where id = ${made.id}`).toMatchObject([
      { is_watched: false },
    ]);
    await chain.client.revert({ id: snapshot });
    await mine(chain, 6);
    await watch(test, later);
    expect(await stateOf(test, made)).toMatchObject({ status: 'pending', crypto: { status: 'new' } });
    await chain.client.sendRawTransaction({ serializedTransaction: raw as never });
    await mine(chain, 2);
    await watch(test, later);
    expect(await stateOf(test, made)).toMatchObject({ status: 'succeeded', crypto: { actuallyPaid: '0.0075' } });
    expect(await stockOf(test, shop)).toBe(4);
  });
});
