import { formatUnits, type Hex, parseUnits } from 'viem';
import { expect, it } from 'vitest';
import { checkPayments } from '#src/payments/check-payments.ts';
import { startChain } from '../support/anvil.ts';
import { CHAIN_ID, mine, openCryptoShop, type Payable, pay, stateOf, watch } from '../support/crypto.ts';
import { checkInvariants } from '../support/invariants.ts';
import { cancel, refund } from '../support/payments.ts';
import { quickPerson } from '../support/quick-people.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';

// A day behind: whatever its blocks are, their time has come.
const past = String(Math.floor(Date.now() / 1000) - 86_400);
const chain = await startChain({ chainId: CHAIN_ID, args: ['--timestamp', past] });
const warned: unknown[] = [];
const test = await startTestApp({ EVM_RPC_URL: chain.url, EVM_CHAIN_ID: String(CHAIN_ID), RATE_LIMITS: 'off' });
const { sql } = openRows(test.url);
const warn = (fields: unknown) => void warned.push(fields);
const deps = { ...test.deps, log: { ...test.deps.log, warn } };
const PAYER = '0x976ea74026e726554db657fa54763abd0c3a0aa9';
const BRAND = '0x14dc79964da2c08b23698b3d3cc7ca32193d9955';
const WALLET = '0x15d34aaf54267db7d7c367839aaf71a00a2c6a65';
const STEPS = 50;
const SEEDS = [507, 508];
/** Always the same numbers from the same seed. */
function chances(seed: number) {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const among = <One>(all: readonly One[]) => all[Math.floor(next() * all.length)] as One;
  return { next, among };
}

type Made = Payable & { token: string };

async function begin(seed: number) {
  const { next, among } = chances(seed);
  const actions = ['credit', 'refund', 'accept'];
  const policies = {
    over: { action: among(['credit', 'credit', 'refund']) },
    late: { action: among(actions) },
    under: { action: among(['credit', 'top_up', 'refund']) },
  };
  const shop = await openCryptoShop(test, { policies, monitoringMinutes: 2_000 }, { stock: 1_000_000 });
  const tokens = [(await quickPerson(test)).token, (await quickPerson(test)).token];
  const made: Made[] = [];
  let sent: Hex[] = [];
  let snapshot: Hex | undefined;
  let length = 0;
  const owner = shop.owner.token;
  const call = async (method: 'POST', path: string, body: object) => {
    const answer = await test.call(method, path, { token: owner, body });
    expect(answer.status, `${path} ${answer.text}`).toBeLessThan(500);
    return answer;
  };
  let turn: Promise<unknown> = Promise.resolve();
  const sendAs = (account: Hex, to: Hex, value: bigint) => {
    const hash = turn.then(() => sendNow(account, to, value));
    turn = hash.catch(() => undefined);
    return hash;
  };
  const sendNow = async (account: Hex, to: Hex, value: bigint) => {
    const hash = await chain.client.sendTransaction({ account, to, value, gas: 21_000n });
    await chain.client.waitForTransactionReceipt({ hash });
    sent.push(hash);
    return hash;
  };
  const read = async () => {
    const watches = next() < 0.3 ? [watch({ deps }), watch({ deps })] : [watch({ deps })];
    await Promise.all(watches);
  };
  const backed = async (one: Made, refundId?: string) => {
    const { crypto } = await stateOf(test, one);
    const owed = crypto.owed ? parseUnits(crypto.owed.amount, 18) : 0n;
    const amount = refundId ? 1_000_000n : among([owed, owed / 2n, owed + 1n]);
    if (amount === 0n) return;
    const txHash = await sendAs(BRAND, WALLET, amount);
    await mine(chain, 1);
    const body = { txHash, destination: WALLET, amount: formatUnits(amount, 18), refundId };
    await call('POST', `payments/crypto/${one.trackingId}/refunds`, body);
  };
  const tryPay = async (ordering: object, tries = 8): Promise<Payable> => {
    try {
      return await pay(test, shop, ordering);
    } catch (error) {
      if (tries === 0 || !String(error).includes('QUOTE_OUTDATED')) throw error;
      return tryPay(ordering, tries - 1);
    }
  };
  const steps: Record<string, () => Promise<unknown>> = {
    open: async () => {
      const token = among(tokens);
      const body = next() < 0.5 ? {} : { items: undefined, amount: among([100, 450, 1_500, 4_000]), currency: 'EUR' };
      made.push({ ...(await tryPay({ token, body })), token });
    },
    send: async () => {
      const one = among(made.slice(-6));
      if (!one) return;
      const { crypto } = await stateOf(test, one);
      const due = parseUnits(crypto.due, 18);
      const asked = due > 0n ? due : parseUnits('0.002', 18);
      await sendAs(PAYER, one.address, among([asked, asked, asked * 2n, asked / 2n, asked + parseUnits('0.003', 18)]));
      if (next() < 0.6) await read();
    },
    confirm: async () => {
      await mine(chain, 1);
      await read();
    },
    cancel: async () => {
      const one = among(made.slice(-6));
      if (one) expect((await cancel(test, one.id, one.token)).status).toBeLessThan(500);
    },
    mark: async () => {
      const one = among(made.slice(-6));
      const body = { status: among(['settled', 'invalid']), reason: 'So it is' };
      if (one) await call('POST', `payments/crypto/${one.trackingId}/mark`, body);
    },
    sendBack: async () => {
      const one = among(made.slice(-8));
      if (one) await backed(one);
    },
    refund: async () => {
      const one = among(made.slice(-8));
      const begun = one && (await refund(test, one.id, { token: owner, body: { amount: 20 } } as never));
      const id = begun?.body.data?.refund.id;
      if (!one || !id) return;
      if (next() < 0.5) await backed(one, id);
      else if (next() < 0.7) await call('POST', `payments/refunds/${id}/decline`, {});
    },
    age: async () => {
      const one = among(made.slice(-6));
      if (!one) return;
      const { timestamp } = await chain.client.getBlock();
      const at = new Date(Number(timestamp) * 1000).toISOString();
      const isAll = next() < 0.5;
      await sql`update crypto_payments set expires_at = ${at}, monitor_until = case when ${isAll} then ${at}::timestamptz else monitor_until end where id = ${one.id}`;
      await sql`update payments set expires_at = ${at}, check_at = case when check_at is null then null else ${at}::timestamptz end where id = ${one.id}`;
      await checkPayments({ ...deps, jobs: test.deps.jobs });
      if (next() < 0.5)
        await sql`update crypto_transfers set reversed_at = reversed_at - interval '2 hours' where reversed_at is not null and payment_id = ${one.id}`;
      if (next() < 0.5)
        await sql`update crypto_credit_uses set lost_at = lost_at - interval '2 hours' where payment_id = ${one.id}`;
    },
    storm: async () => {
      const calm = [
        'open',
        'open',
        'send',
        'confirm',
        'cancel',
        'cancel',
        'mark',
        'sendBack',
        'refund',
        'open',
        'look',
        'look',
      ];
      await Promise.all(Array.from({ length: 7 }, () => steps[among(calm)]?.()));
    },
    look: async () => {
      const one = among(made.slice(-8));
      if (one) await call('POST', `payments/crypto/${one.trackingId}/status`, {});
    },
    giveUpReturns: async () => {
      await sql`update crypto_refunds set missing_at = missing_at - interval '2 hours' where missing_at is not null and reversed_at is null`;
      await read();
    },
    source: async () => {
      const token = among(tokens);
      const one = { ...(await tryPay({ token })), token };
      await read();
      if (next() < 0.7) await steps['snapshot']?.();
      await sendAs(PAYER, one.address, parseUnits(among(['0.012', '0.02', '0.0076']), 18));
      await mine(chain, 1);
      await read();
      for (const amount of [450, 1_500].slice(next() < 0.5 ? 1 : 0)) {
        const body = { items: undefined, amount, currency: 'EUR' };
        made.push({ ...(await tryPay({ token, body })), token });
      }
      made.push(one);
      if (next() < 0.3) await steps['reorganise']?.();
    },
    snapshot: async () => {
      snapshot = await chain.client.snapshot();
      length = Number(await chain.client.getBlockNumber({ cacheTime: 0 }));
      sent = [];
    },
    reorganise: async () => {
      if (!snapshot) return;
      const raws: any[] = [];
      for (const hash of sent)
        raws.push(await chain.client.request({ method: 'eth_getRawTransactionByHash', params: [hash] } as never));
      const now = Number(await chain.client.getBlockNumber({ cacheTime: 0 }));
      await chain.client.revert({ id: snapshot });
      const kept = next() < 0.3 ? raws : raws.slice(0, Math.floor(next() * raws.length));
      if (next() < 0.5) await mine(chain, 1);
      for (const serializedTransaction of kept)
        if (serializedTransaction)
          await chain.client.sendRawTransaction({ serializedTransaction }).catch(() => undefined);
      await mine(chain, now - length + 2);
      await read();
      const rest = raws.slice(kept.length);
      if (next() < 0.6)
        for (const serializedTransaction of rest)
          if (serializedTransaction)
            await chain.client.sendRawTransaction({ serializedTransaction }).catch(() => undefined);
      await steps['snapshot']?.();
    },
  };
  const often = [
    'storm',
    'storm',
    'storm',
    'source',
    'source',
    'source',
    'reorganise',
    'open',
    'open',
    'open',
    'send',
    'send',
    'send',
    'send',
    'send',
    'confirm',
    'confirm',
    'confirm',
    'cancel',
    'sendBack',
    'sendBack',
    'age',
    'age',
    'mark',
    'refund',
    'snapshot',
    'reorganise',
    'giveUpReturns',
  ];
  return { next, among, shop, steps, often, read };
}

/** What the payments were paid is what stands in the blocks: the balances of the node survive its reorganisations. */
async function checkChain(tenantId: string, why: string) {
  const rows = await sql`select address, paid_units from crypto_payments where tenant_id = ${tenantId} and is_watched`;
  const paid = new Map(rows.map((row) => [row['address'] as string, BigInt(row['paid_units'])]));
  const there = new Map([...paid.keys()].map((address) => [address, 0n]));
  const head = Number(await chain.client.getBlockNumber({ cacheTime: 0 }));
  for (let number = Math.max(0, head - 400); number <= head; number += 1) {
    const { transactions } = await chain.client.getBlock({ blockNumber: BigInt(number), includeTransactions: true });
    for (const { to, value } of transactions) if (to && there.has(to)) there.set(to, (there.get(to) ?? 0n) + value);
  }
  expect(paid, why).toEqual(there);
}

async function check(tenantId: string, seed: number, log: string[]) {
  const why = `seed ${seed}: ${log.join(' ')}`;
  const settled =
    await sql`select p.* from crypto_payments p join payments q on q.tenant_id = p.tenant_id and q.id = p.id
    where p.tenant_id = ${tenantId} and p.status = 'settled' and not p.is_marked and q.refund_reserved = 0
    and p.confirmed_units - p.owed_units + p.credit_units - p.lost_units < p.pay_units + p.credit_units`;
  expect(settled, why).toEqual([]);
  const stuck =
    await sql`select p.id, p.status, p.check_block from crypto_payments p join chain_cursors c on c.chain_id = p.chain_id
    where p.tenant_id = ${tenantId} and p.check_block <= c.block_number`;
  expect(stuck, why).toEqual([]);
  await checkChain(tenantId, why);
  await checkInvariants(sql).catch((error) => {
    throw new Error(`${why}\n${error.message}\n${JSON.stringify(error.actual ?? null)}`);
  });
}

it.each(SEEDS)(
  'whatever happens, the sums are right (%i)',
  async (seed) => {
    const { next, among, shop, steps, often, read } = await begin(seed);
    const log: string[] = [];
    await steps['snapshot']?.();
    for (let step = 0; step < STEPS; step += 1) {
      const name = among(often);
      log.push(name);
      await steps[name]?.().catch((error: Error) => {
        throw new Error(`seed ${seed}: ${log.join(' ')}: ${error.message}`);
      });
      if (next() < 0.5) {
        await read();
        await check(shop.tenantId, seed, log);
      }
      expect(warned, `seed ${seed}: ${log.join(' ')}`).toEqual([]);
    }
    await read();
    await check(shop.tenantId, seed, log);
  },
  120_000,
);
