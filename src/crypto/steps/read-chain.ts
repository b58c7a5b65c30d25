import type { Db } from '#db/client.ts';
import {
  type ChainCursorRow,
  deleteBlocksAfter,
  deleteBlocksBefore,
  insertBlocks,
  moveChainCursor,
  type ReadBlock,
} from '#db/queries/chain-cursors.ts';
import { bringForward, setCryptoDue, watchAgain } from '#db/queries/crypto-payments.ts';
import { setReturnsMissing } from '#db/queries/crypto-refunds.ts';
import { reverseTransfers } from '#db/queries/crypto-transfers.ts';
import type { ChainBlock } from '../../clients/chain-parts.ts';
import type { Chain } from '../../clients/chains.ts';
import { type Deps, withTx } from '../../context.ts';
import { findFork } from './find-fork.ts';
import { type Found, type Matched, matchTransfers, recordTransfers } from './record-transfers.ts';

export type Reading = Pick<Deps, 'db'> & {
  chain: Chain;
  cursor: ChainCursorRow;
  /** With which block what arrives is looked at: at once, or after a reorganisation when all of it is read. */
  dueAt: number;
  now: Date;
};
/** Another watcher was faster: what this one did is undone, and that is all right. */
class Overtaken extends Error {}

const KEPT_BLOCKS = 1_000;

/** Writes down what the blocks moved, and moves the cursor, in one transaction. False where another watcher has. */
export async function recordBlocks(
  reading: Reading,
  { blocks, isHead }: { blocks: readonly ChainBlock[]; isHead: boolean },
): Promise<boolean> {
  const { db, chain, cursor, dueAt, now } = reading;
  const { chainId } = chain;
  const last = blocks.at(-1);
  if (!last) return true;
  // Whoever is given an address after this question is paid in a later block.
  const matched = await onlyGood(chain, await matchTransfers(db, { chainId, found: blocks.flatMap(transfersOf) }));
  return unlessOvertaken(reading, async (tx) => {
    await move(tx, { from: cursor, to: last, syncedAt: isHead ? now : cursor.syncedAt });
    await insertBlocks(tx, { chainId, blocks });
    await deleteBlocksBefore(tx, { chainId, number: last.number - KEPT_BLOCKS });
    await recordTransfers(tx, { chainId, matched, dueAt, now });
  });
}

/** Nobody waits for anything: what was in between is not read. */
export function skipTo(reading: Reading, to: ReadBlock): Promise<boolean> {
  const { chain, cursor, now } = reading;
  return unlessOvertaken(reading, async (tx) => {
    await move(tx, { from: cursor, to, syncedAt: now });
    if (to.number === cursor.blockNumber) return;
    const { chainId } = chain;
    await insertBlocks(tx, { chainId, blocks: [to] });
    await deleteBlocksBefore(tx, { chainId, number: to.number - KEPT_BLOCKS });
  });
}

/**
 * A reorganisation: back to the last block that both chains have. What stood after it is undone; the blocks of the other
 * chain are read next, and when that is done the payments are looked at: what stands in both takes nothing back.
 */
export async function rewind(reading: Reading, { dueAt }: Pick<Reading, 'dueAt'>): Promise<boolean> {
  const { chain, cursor, now } = reading;
  const { chainId } = chain;
  const to = await findFork(reading, dueAt);
  return unlessOvertaken(reading, async (tx) => {
    await move(tx, { from: cursor, to, syncedAt: cursor.syncedAt });
    await deleteBlocksAfter(tx, { chainId, number: to.number });
    await insertBlocks(tx, { chainId, blocks: [to] });
    await setReturnsMissing(tx, { chainId, after: to.number, now });
    const gone = await reverseTransfers(tx, { chainId, after: to.number, now });
    const payments = gone.flatMap(({ tenantId, paymentId, verdict }) =>
      paymentId === null || verdict !== 'credited' ? [] : [{ tenantId, paymentId }],
    );
    await watchAgain(tx, payments);
    await setCryptoDue(tx, payments, dueAt);
    // The chain may have become shorter: what waits for a block beyond its end would wait for ever.
    await bringForward(tx, { chainId, dueAt });
  });
}

const transfersOf = ({ number: blockNumber, hash: blockHash, at: blockAt, transfers }: ChainBlock): Found[] =>
  transfers.map((transfer) => ({ ...transfer, blockNumber, blockHash, blockAt }));

/** A native transfer stands in its block though it may have failed; a log does not. */
async function onlyGood(chain: Chain, matched: readonly Matched[]): Promise<Matched[]> {
  const native = matched.filter(({ logIndex }) => logIndex === -1);
  const hashes = new Map<string, string[]>();
  for (const { blockHash, txHash } of native) hashes.set(blockHash, [...(hashes.get(blockHash) ?? []), txHash]);
  const good = new Set<string>();
  for (const [blockHash, txHashes] of hashes) {
    for (const txHash of await chain.succeededIn(blockHash, txHashes)) good.add(txHash);
  }
  return matched.filter(({ logIndex, txHash }) => logIndex !== -1 || good.has(txHash));
}

async function move(tx: Db, step: Parameters<typeof moveChainCursor>[1]): Promise<void> {
  if (!(await moveChainCursor(tx, step))) throw new Overtaken();
}

async function unlessOvertaken(reading: Reading, work: (tx: Db) => Promise<void>): Promise<boolean> {
  try {
    await withTx(reading, work);
    return true;
  } catch (error) {
    if (error instanceof Overtaken) return false;
    throw error;
  }
}
