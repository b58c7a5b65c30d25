import type { ChainTransfer } from '#src/clients/chain-parts.ts';
import type { Chain, Chains } from '#src/clients/chains.ts';

/** What every transaction that somebody names has done: as the documented example says. */
const EXAMPLE = { to: '0x70997970c51812dc3a010c7d01b50e0d17dc79c8', units: 19_920_000_000_000_000n };
const FROM = `0x${'11'.repeat(20)}`;

export type PaperChain = Chains & {
  /** A new block with these transfers of the native asset. */
  add: (transfers?: readonly { to: string; units: bigint }[]) => void;
  /** From the next block on after `number` there are others. */
  fork: (number: number) => void;
  head: () => number;
};

/** A chain that is no more than its own notes, for tests that are not about chains: those have a real node. */
export function paperChain(): PaperChain {
  const chainId = 1;
  const start = 100;
  let blocks: ChainTransfer[][] = [];
  let branch = 0;
  const branchOf = new Map<number, number>();
  let counted = 0;
  const head = () => start + blocks.length;
  const hashAt = (number: number) =>
    `0x${(branchOf.get(number) ?? 0).toString(16).padStart(8, '0')}${number.toString(16).padStart(56, '0')}`;
  const native = ({ to, units }: { to: string; units: bigint }, txHash: string): ChainTransfer => {
    return { txHash, logIndex: -1, from: FROM, to: to.toLowerCase(), contract: null, units };
  };
  const info = { chainId, name: 'Paper', confirmations: 12, native: { asset: 'ETH', decimals: 18 } };
  const chain: Chain = {
    ...info,
    head: async () => head(),
    hashAt: async (number) => (number <= head() ? hashAt(number) : null),
    blockAt: async (number) => {
      if (number > head()) return null;
      const transfers = blocks[number - start - 1] ?? [];
      return { number, hash: hashAt(number), parentHash: hashAt(number - 1), at: new Date(), transfers };
    },
    succeededIn: async (_hash, txHashes) => new Set(txHashes),
    transaction: async (txHash) => {
      const where = { blockNumber: start - 20, blockHash: hashAt(start - 20), blockAt: new Date() };
      return { ...where, transfers: [native(EXAMPLE, txHash)] };
    },
    decimalsOf: async () => 18,
    readFeed: async () => null,
  };
  return {
    list: [info],
    find: (id) => (id === chainId ? chain : undefined),
    head,
    add: (transfers = []) => {
      counted += 1;
      blocks.push(
        transfers.map((one, index) => native(one, `0x${(counted * 1_000 + index).toString(16).padStart(64, '0')}`)),
      );
      if (branch > 0) branchOf.set(head(), branch);
    },
    fork: (number) => {
      branch += 1;
      blocks = blocks.slice(0, number - start);
    },
  };
}
