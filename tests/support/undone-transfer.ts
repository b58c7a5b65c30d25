import { parseUnits } from 'viem';
import { type Chain, mine, type Payable, watch } from './crypto.ts';
import type { TestApp } from './test-app.ts';

/** An account of its own: what the others send meanwhile does not use its numbers up. */
export const OTHER = '0x976ea74026e726554db657fa54763abd0c3a0aa9';

export const rawOf = ({ client }: Chain, hash: string) =>
  client.request({ method: 'eth_getRawTransactionByHash', params: [hash] } as never) as Promise<`0x${string}`>;

/** Pays from OTHER; a reorganisation undoes it, and one can bring the same transfer again. */
export async function payUndone(
  { chain, test }: { chain: Chain; test: Pick<TestApp, 'deps'> },
  { address: to }: Pick<Payable, 'address'>,
  amount: string,
) {
  const confirmed = async (blocks = 1) => {
    await mine(chain, blocks);
    await watch(test);
  };
  const snapshot = await chain.client.snapshot();
  const hash = await chain.client.sendTransaction({ account: OTHER, to, value: parseUnits(amount, 18) });
  await chain.client.waitForTransactionReceipt({ hash });
  const raw = await rawOf(chain, hash);
  await confirmed();
  return {
    undo: async () => {
      await chain.client.revert({ id: snapshot });
      await confirmed(8);
    },
    again: async () => {
      await chain.client.sendRawTransaction({ serializedTransaction: raw });
      await confirmed();
      await watch(test);
    },
  };
}
