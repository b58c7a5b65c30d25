import { AppError, SERVICE_UNAVAILABLE } from '../lib/errors.ts';
import {
  type ChainBlock,
  type ChainTransaction,
  type RpcBlock,
  type RpcLog,
  type RpcReceipt,
  readBlock,
  readLog,
  readNative,
  TRANSFER_TOPIC,
} from './chain-parts.ts';

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

type Rpc = <Result>(method: string, params: readonly unknown[]) => Promise<Result>;

const RPC_TIMEOUT_MS = 10_000;
const RPC_MAX_RESPONSE_BYTES = 64 * 1_048_576;
const DECIMALS = '0x313ce567';
const LATEST_ROUND_DATA = '0xfeaf968c';
const MAX_DECIMALS = 36;

export function createChains(settings: readonly ChainSettings[]): Chains {
  const chains = new Map(settings.map((one) => [one.chainId, createChain(one)]));
  const list = settings.map(({ rpcUrl: _rpcUrl, ...info }) => info);
  return { list, find: (chainId) => chains.get(chainId) };
}

function createChain({ rpcUrl, ...info }: ChainSettings): Chain {
  let opened: Promise<Rpc> | undefined;
  const rpc: Rpc = async (method, params) => {
    opened ??= openRpc(rpcUrl, info.chainId).catch((error) => {
      opened = undefined;
      throw error;
    });
    return (await opened)(method, params);
  };
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
      return block?.hash.toLowerCase() ?? null;
    },
    blockAt: async (number) => {
      const block = await rpc<RpcBlock | null>('eth_getBlockByNumber', [hex(number), true]);
      if (!block) return null;
      // By its hash, not its number: a node that does not know this very block says so instead of answering nothing.
      const logs = await rpc<RpcLog[]>('eth_getLogs', [{ blockHash: block.hash, topics: [TRANSFER_TOPIC] }]);
      return readBlock(block, logs);
    },
    succeededIn: async (blockHash, txHashes) => {
      const wanted = new Set(txHashes);
      const receipts = await rpc<RpcReceipt[]>('eth_getBlockReceipts', [blockHash]);
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

function numberOf(text: string): number {
  if (!/^0x[0-9a-f]+$/i.test(text)) throw new Error('the node names no number');
  return Number(text);
}

const hex = (number: number) => `0x${number.toString(16)}`;

/** The node is asked for its chain once: on another one a payment would be looked for in vain. */
async function openRpc(rpcUrl: string, chainId: number): Promise<Rpc> {
  // Loaded with the first look at a chain: most processes never have one.
  const { http } = await import('viem');
  const options = { timeout: RPC_TIMEOUT_MS, retryCount: 0, maxResponseBodySize: RPC_MAX_RESPONSE_BYTES };
  const { request } = http(rpcUrl, options)({});
  const rpc: Rpc = async (method, params) => (await request({ method, params }).catch(unavailable)) as never;
  const found = Number(await rpc<string>('eth_chainId', []));
  if (found === chainId) return rpc;
  const cause = new Error(`the RPC of chain ${chainId} serves chain ${found}`);
  throw new AppError(SERVICE_UNAVAILABLE, { reason: 'chain_mismatch' }, { cause });
}

/** What the node itself refuses, such as a call that reverts. */
function isRefusal(error: unknown): boolean {
  return error instanceof AppError && error.details?.['reason'] === 'chain_refused';
}

function unavailable(error: unknown): never {
  // The error's own message has the address of the RPC in it, which may hold a key.
  const { shortMessage, name, details } = error as { shortMessage?: string; name?: string; details?: string };
  const cause = new Error(shortMessage ?? 'the RPC failed');
  const isRevert = name === 'RpcRequestError' && /revert|invalid opcode|out of gas/i.test(details ?? '');
  throw new AppError(SERVICE_UNAVAILABLE, { reason: isRevert ? 'chain_refused' : 'chain_unavailable' }, { cause });
}
