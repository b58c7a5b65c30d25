/** A movement of value as a chain tells it. `logIndex` is -1 for the native asset. Hashes and addresses are in lower case. */
export type ChainTransfer = {
  txHash: string;
  logIndex: number;
  from: string;
  to: string;
  contract: string | null;
  units: bigint;
};
export type ChainBlock = { number: number; hash: string; parentHash: string; at: Date; transfers: ChainTransfer[] };
export type ChainTransaction = {
  blockNumber: number;
  blockHash: string;
  blockAt: Date;
  transfers: ChainTransfer[];
};

export type RpcLog = {
  address: string;
  topics: string[];
  data: string;
  logIndex: string;
  transactionHash: string;
  removed?: boolean;
};
type RpcTransaction = { hash: string; from: string; to: string | null; value: string };
export type RpcBlock = {
  number: string;
  hash: string;
  parentHash: string;
  timestamp: string;
  transactions: RpcTransaction[];
};
export type RpcReceipt = {
  transactionHash: string;
  blockNumber: string;
  blockHash: string;
  status: string;
  logs: RpcLog[];
};

/** keccak256 of Transfer(address,address,uint256). */
export const TRANSFER_TOPIC = '0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef';
const WORD = 66;

/** What a block moved. Of the native asset only plain transactions: what a contract passes on inside is in no block. */
export function readBlock(block: RpcBlock, logs: readonly RpcLog[]): ChainBlock {
  const native = block.transactions.flatMap((transaction) => readNative(transaction));
  return {
    number: numberOf(block.number),
    hash: hashOf(block.hash),
    parentHash: hashOf(block.parentHash),
    at: new Date(numberOf(block.timestamp) * 1000),
    transfers: [...native, ...logs.flatMap(readLog)],
  };
}

export function readNative({ hash, from, to, value }: RpcTransaction): ChainTransfer[] {
  if (to === null || value === '0x0') return [];
  const units = BigInt(value);
  if (units === 0n) return [];
  const who = { from: from.toLowerCase(), to: to.toLowerCase() };
  return [{ txHash: hash.toLowerCase(), logIndex: -1, ...who, contract: null, units }];
}

/** An ERC-20 transfer: three topics and one word; with four topics it is one of an ERC-721 token. */
export function readLog(log: RpcLog): ChainTransfer[] {
  const { topics, data, removed } = log;
  const [topic, from = '', to = ''] = topics;
  if (removed || topic !== TRANSFER_TOPIC || topics.length !== 3 || data.length !== WORD) return [];
  const units = BigInt(data);
  // Anybody can make a token say that nothing was moved, to whomever.
  if (units === 0n) return [];
  return [
    {
      txHash: log.transactionHash.toLowerCase(),
      logIndex: Number(log.logIndex),
      from: addressIn(from),
      to: addressIn(to),
      contract: log.address.toLowerCase(),
      units,
    },
  ];
}

const addressIn = (topic: string) => `0x${topic.slice(-40).toLowerCase()}`;

export function numberOf(text: string): number {
  if (!/^0x[0-9a-f]{1,13}$/i.test(text)) throw new Error('the node names no number');
  return Number(text);
}

export function hashOf(text: string): string {
  if (!/^0x[0-9a-f]{64}$/i.test(text)) throw new Error('the node names no hash');
  return text.toLowerCase();
}
