import { AppError, SERVICE_UNAVAILABLE } from '../lib/errors.ts';
import {
  type ChainBlock,
  type ChainTransaction,
  hashOf,
  numberOf,
  type RpcBlock,
  type RpcLog,
  type RpcReceipt,
  readBlock,
  readLog,
  readNative,
  TRANSFER_TOPIC,
} from './chain-parts.ts';
import { createRpc, type Rpc } from './rpc.ts';

export type ChainInfo = {
  chainId: number;
  name: string;
  confirmations: number;
  native: { asset: string; decimals: number };
};
export type FeedAnswer = { answer: bigint; decimals: number; at: Date };
export type Chain = ChainInfo & {
  head: () => Promise<number>;
  /** Null while the node does not have it. */
  hashAt: (number: number) => Promise<string | null>;
  blockAt: (number: number) => Promise<ChainBlock | null>;
  /** Which transactions of the block succeeded. */
  succeededIn: (blockHash: string, txHashes: readonly string[]) => Promise<Set<string>>;
  /** Null for one that is in no block, or has failed. */
  transaction: (txHash: string) => Promise<ChainTransaction | null>;
  /** Null for what is no token. */
  decimalsOf: (contract: string) => Promise<number | null>;
  /** Null for what is no price feed. */
  readFeed: (contract: string) => Promise<FeedAnswer | null>;
};
/** The chains that the operator offers. */
export type Chains = { list: readonly ChainInfo[]; find: (chainId: number) => Chain | undefined };
export type ChainSettings = ChainInfo & { rpcUrl: string };

const DECIMALS = '0x313ce567';
const LATEST_ROUND_DATA = '0xfeaf968c';
const MAX_DECIMALS = 36;

export function createChains(settings: readonly ChainSettings[]): Chains {
  const chains = new Map(settings.map((one) => [one.chainId, createChain(one)]));
  const list = settings.map(({ rpcUrl: _rpcUrl, ...info }) => info);
  return { list, find: (chainId) => chains.get(chainId) };
}

function createChain({ rpcUrl, ...info }: ChainSettings): Chain {
  const rpc = createRpc({ rpcUrl, chainId: info.chainId });
  return { ...info, ...guarded(readsOf(rpc)), ...guarded(callsOf(rpc)) };
}

type Reads = Record<string, (...args: never[]) => Promise<unknown>>;

/** A node that answers what nobody can read is out of reach, too. */
function guarded<All extends Reads>(reads: All): All {
  const entries = Object.entries(reads).map(([name, read]) => {
    return [name, (...args: never[]) => read(...args).catch(unreadable)] as const;
  });
  return Object.fromEntries(entries) as All;
}

function unreadable(cause: unknown): never {
  throw cause instanceof AppError
    ? cause
    : new AppError(SERVICE_UNAVAILABLE, { reason: 'chain_unavailable' }, { cause });
}

function readsOf(rpc: Rpc): Pick<Chain, 'head' | 'hashAt' | 'blockAt' | 'succeededIn' | 'transaction'> {
  return {
    head: async () => numberOf(await rpc<string>('eth_blockNumber', [])),
    hashAt: async (number) => {
      const block = await rpc<RpcBlock | null>('eth_getBlockByNumber', [hex(number), false]);
      if (!block) return null;
      if (numberOf(block.number) !== number) throw new Error('the node answers another block');
      return hashOf(block.hash);
    },
    blockAt: async (number) => {
      const block = await rpc<RpcBlock | null>('eth_getBlockByNumber', [hex(number), true]);
      if (!block) return null;
      if (numberOf(block.number) !== number) throw new Error('the node answers another block');
      // By its hash, not its number: a node that does not know this very block says so instead of answering nothing.
      const logs = await rpc<RpcLog[]>('eth_getLogs', [{ blockHash: block.hash, topics: [TRANSFER_TOPIC] }]);
      return readBlock(block, logs);
    },
    succeededIn: async (blockHash, txHashes) => {
      const wanted = new Set(txHashes);
      const receipts = await rpc<RpcReceipt[]>('eth_getBlockReceipts', [blockHash]);
      const known = new Set(receipts.map((one) => one.transactionHash.toLowerCase()));
      // What is not said to have failed has not: the money is there, and is not to be overlooked.
      if (txHashes.some((hash) => !known.has(hash))) throw new Error('the node leaves out receipts');
      const good = receipts.filter(({ status }) => status === '0x1').map((one) => one.transactionHash.toLowerCase());
      return new Set(good.filter((hash) => wanted.has(hash)));
    },
    transaction: (txHash) => readTransaction(rpc, txHash),
  };
}

async function readTransaction(rpc: Rpc, txHash: string): Promise<ChainTransaction | null> {
  const [transaction, receipt] = await Promise.all([
    rpc<RpcBlock['transactions'][number] | null>('eth_getTransactionByHash', [txHash]),
    rpc<RpcReceipt | null>('eth_getTransactionReceipt', [txHash]),
  ]);
  if (!transaction || receipt?.status !== '0x1') return null;
  const block = await rpc<RpcBlock | null>('eth_getBlockByHash', [receipt.blockHash, false]);
  if (!block) return null;
  return {
    blockNumber: Number(receipt.blockNumber),
    blockHash: receipt.blockHash.toLowerCase(),
    blockAt: new Date(Number(block.timestamp) * 1000),
    transfers: [...readNative(transaction), ...receipt.logs.flatMap(readLog)],
  };
}

function callsOf(rpc: Rpc): Pick<Chain, 'decimalsOf' | 'readFeed'> {
  const call = async (to: string, data: string): Promise<string | null> => {
    const answer = await rpc<string>('eth_call', [{ to, data }, 'latest']).catch((error) => {
      if (isRefusal(error)) return '0x';
      throw error;
    });
    return answer.length >= 66 ? answer : null;
  };
  const decimalsOf = async (contract: string) => {
    const answer = await call(contract, DECIMALS);
    const decimals = answer === null ? null : BigInt(answer.slice(0, 66));
    return decimals === null || decimals > MAX_DECIMALS ? null : Number(decimals);
  };
  return {
    decimalsOf,
    readFeed: async (contract) => {
      const [answer, decimals] = await Promise.all([call(contract, LATEST_ROUND_DATA), decimalsOf(contract)]);
      if (answer === null || decimals === null || answer.length < 2 + 5 * 64) return null;
      const word = (index: number) => BigInt.asIntN(256, BigInt(`0x${answer.slice(2 + index * 64, 66 + index * 64)}`));
      return { answer: word(1), decimals, at: new Date(Number(word(3)) * 1000) };
    },
  };
}

const hex = (number: number) => `0x${number.toString(16)}`;

/** What the node itself refuses, such as a call that reverts. */
function isRefusal(error: unknown): boolean {
  return error instanceof AppError && error.details?.['reason'] === 'chain_refused';
}
