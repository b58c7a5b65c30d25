import { randomBytes } from 'node:crypto';
import postgres from 'postgres';
import type { LocalChain } from '#src/embedded/local-chain.ts';
import { newTrackingId } from '#src/lib/tracking-id.ts';

export type Open = { address: string; tenantId: string };

/** So many payments of one brand that wait for 0.01 ETH each, at an address of their own. */
export async function fillOpenPayments(databaseUrl: string, { chainId, count }: { chainId: number; count: number }) {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  try {
    const [brand] = await sql`select id from tenants order by subdomain desc limit 1 offset 6`;
    const [user] = await sql`select id from users limit 1`;
    const tenantId = String(brand?.['id']);
    const open = Array.from({ length: count }, () => ({
      tenantId,
      address: `0x${randomBytes(20).toString('hex')}`,
      trackingId: newTrackingId(tenantId),
    }));
    const addresses = open.map(({ address }) => address);
    const line = {
      productId: null,
      tierId: null,
      name: 'Payment',
      sku: null,
      quantity: 1,
      unitAmount: 2500,
      amount: 2500,
    };
    const summary = { chainId, asset: 'ETH', contract: null, payAmount: '0.01', actuallyPaid: '0', due: '0.01' };
    const state = { status: 'new', additionalStatus: 'none', partiallyPaid: false, overPaid: false };
    const crypto = { ...summary, ...state, afterExpiration: false, manuallyMarked: false };
    await sql`
      with made as (
        insert into payments (tenant_id, id, tracking_id, user_id, kind, status, method, provider, subtotal, discount, amount,
          currency, items, crypto, metadata, check_at, expires_at, created_at, updated_at)
        select ${tenantId}, uuidv7(), tracking_id, ${user?.['id']}, 'purchase', 'pending', 'crypto', 'crypto', 2500, 0, 2500, 'EUR',
          ${sql.json([line])}, ${sql.json(crypto)} || jsonb_build_object('address', address), '{}', now() + interval '1 hour',
          now() + interval '1 hour', now(), now()
        from unnest(${addresses}::text[], ${open.map(({ trackingId }) => trackingId)}::text[]) as o (address, tracking_id)
        returning tenant_id, id, crypto ->> 'address' as address
      )
      insert into crypto_payments (tenant_id, id, chain_id, asset, decimals, address, account_kind, key_index, pay_units, paid_units,
        confirmed_units, rate, rate_source, tolerance_bps, policies, required_confirmations, status, additional_status, is_marked,
        owed_units, returned_units, is_watched, expires_at, monitor_until, created_at, updated_at)
      select tenant_id, id, ${chainId}::int, 'ETH', 18, address, 'xpub', 0, 10000000000000000, 0, 0, '2500', 'static', 0,
        '{"under":{"action":"top_up"},"over":{"action":"refund"},"late":{"action":"refund"}}', 2, 'new', 'none', false, 0, 0, true,
        now() + interval '1 hour', now() + interval '1 day', now(), now() from made`;
    await sql`vacuum (analyze) payments, crypto_payments`;
    return open;
  } finally {
    await sql.end();
  }
}

/** How many payments have succeeded, of those in crypto. */
export async function countSettled(databaseUrl: string): Promise<number> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  try {
    const [row] = await sql`select count(*)::int as n from payments where provider = 'crypto' and status = 'succeeded'`;
    return row?.['n'];
  } finally {
    await sql.end();
  }
}

async function rpc(
  { url }: LocalChain,
  calls: readonly { method: string; params: readonly unknown[] }[],
): Promise<unknown[]> {
  const body = JSON.stringify(calls.map((call, id) => ({ jsonrpc: '2.0', id, ...call })));
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  const answers = (await response.json()) as { result?: unknown; error?: unknown }[];
  const bad = answers.find(({ error }) => error);
  if (bad) throw new Error(JSON.stringify(bad.error));
  return answers.map(({ result }) => result);
}

const PAYER = '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266';
const VALUE = '0x2386f26fc10000';

/** One block in which every one of these is paid. */
export async function payInOneBlock(chain: LocalChain, open: readonly Open[]): Promise<void> {
  await rpc(chain, [{ method: 'evm_setAutomine', params: [false] }]);
  const [nonce] = await rpc(chain, [{ method: 'eth_getTransactionCount', params: [PAYER, 'latest'] }]);
  const transfers = open.map(({ address: to }, index) => {
    const which = `0x${(Number(nonce) + index).toString(16)}`;
    return { method: 'eth_sendTransaction', params: [{ from: PAYER, to, value: VALUE, gas: '0x5208', nonce: which }] };
  });
  await rpc(chain, transfers);
  await mineBlock(chain);
}

export async function mineBlock(chain: LocalChain): Promise<void> {
  await rpc(chain, [{ method: 'anvil_mine', params: ['0x1'] }]);
}
