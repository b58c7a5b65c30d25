import { afterAll } from 'vitest';
import type { Chain } from '#src/clients/chains.ts';
import { startChain } from './anvil.ts';
import { CHAIN_ID, stateOf } from './crypto.ts';
import { checkInvariants } from './invariants.ts';
import { openRows } from './rows.ts';
import { startTestApp } from './test-app.ts';

/** The application on a real node. When the file is done, everything in it is as it must be. */
export async function startChainApp() {
  const chain = await startChain({ chainId: CHAIN_ID });
  const test = await startTestApp({ EVM_RPC_URL: chain.url, EVM_CHAIN_ID: String(CHAIN_ID) });
  const { sql } = openRows(test.url);
  afterAll(() => checkInvariants(sql));
  return {
    chain,
    test,
    sql,
    /** The same node, but for what is said. */
    nodeWith: (change: Partial<Chain>) => {
      const real = test.deps.chains.find(CHAIN_ID);
      if (!real) throw new Error('there is no chain');
      return { list: test.deps.chains.list, find: () => ({ ...real, ...change }) };
    },
    statusOf: async (made: { trackingId: string }) => (await stateOf(test, made)).status,
    eventsOf: async (id: string) =>
      (await sql`select type from events where object_id = ${id} order by position`).map(({ type }) => type),
    look: (trackingId: string, txHash: string) =>
      test.call('POST', `payments/crypto/${trackingId}/status`, { body: { txHash } }),
  };
}
