import type { Db } from '#db/client.ts';
import {
  type ChainCursorRow,
  deleteBlocksAfter,
  deleteBlocksBefore,
  insertBlocks,
  listBlocks,
  moveChainCursor,
  type ReadBlock,
} from '#db/queries/chain-cursors.ts';
import { watchAgain } from '#db/queries/crypto-payments.ts';
import { setReturnsMissing } from '#db/queries/crypto-refunds.ts';
import { reverseTransfers } from '#db/queries/crypto-transfers.ts';
import type { ChainBlock } from '../../clients/chain-parts.ts';
import type { Chain } from '../../clients/chains.ts';
import { type Deps, withTx } from '../../context.ts';
import { type Found, type Matched, matchTransfers, recordTransfers } from './record-transfers.ts';
import { standPayment } from './stand-payment.ts';

export type Reading = Pick<Deps, 'db' | 'jobs'> & { chain: Chain; cursor: ChainCursorRow; now: Date };
/** Another watcher was faster: what this one did is undone, and that is all right. */
class Overtaken extends Error {}

const KEPT_BLOCKS = 1_000;

/** Writes down what the blocks moved, and moves the cursor, in one transaction. False where another watcher has. */
export async function recordBlocks(
  reading: Reading,
  { blocks, isHead }: { blocks: readonly ChainBlock[]; isHead: boolean },
): Promise<boolean> {
  const { db, chain, cursor, now } = reading;
  const { chainId } = chain;
  const last = blocks.at(-1);
  if (!last) return true;
  // Whoever is given an address after this question is paid in a later block.
  const matched = await onlyGood(chain, await matchTransfers(db, { chainId, found: blocks.flatMap(transfersOf) }));
  return unlessOvertaken(reading, async (tx) => {
    await move(tx, { from: cursor, to: last, syncedAt: isHead ? now : cursor.syncedAt });
    await insertBlocks(tx, { chainId, blocks });
    await deleteBlocksBefore(tx, { chainId, number: last.number - KEPT_BLOCKS });
    await recordTransfers(tx, { chainId, matched, now });
  });
}

/** Nobody waits for anything: what was in between is not read. */
export function skipTo(reading: Reading, to: ReadBlock): Promise<boolean> {
  const { chain, cursor, now } = reading;
  return unlessOvertaken(reading, async (tx) => {
    await move(tx, { from: cursor, to, syncedAt: now });
    if (to.number > cursor.blockNumber) await insertBlocks(tx, { chainId: chain.chainId, blocks: [to] });
  });
}

/**
 * A reorganisation: back to the last block that both chains have. What stood after it is undone, with all that it gave, in
 * one transaction; the blocks of the other chain are read next.
 */
export async function rewind(reading: Reading): Promise<boolean> {
  const { chain, cursor, jobs, now } = reading;
  const { chainId } = chain;
  const to = await findFork(reading);
  return unlessOvertaken(reading, async (tx) => {
    await move(tx, { from: cursor, to, syncedAt: cursor.syncedAt });
    await deleteBlocksAfter(tx, { chainId, number: to.number });
    await insertBlocks(tx, { chainId, blocks: [to] });
    await setReturnsMissing(tx, { chainId, after: to.number, now });
    const gone = await reverseTransfers(tx, { chainId, after: to.number, now });
    const keys = new Map(
      gone.flatMap(({ tenantId, paymentId, verdict }) =>
        paymentId === null || verdict !== 'credited' ? [] : [[paymentId, { tenantId, paymentId }] as const],
      ),
    );
    // In the order of their ids, so that nobody waits in a circle.
    const inOrder = [...keys.values()].sort((a, b) => (a.paymentId < b.paymentId ? -1 : 1));
    await watchAgain(tx, inOrder);
    for (const key of inOrder) await standPayment(tx, { ...key, jobs, now });
  });
}

const FORK_STEPS = 100;

async function findFork({ db, chain, cursor }: Reading): Promise<ReadBlock> {
  const { chainId } = chain;
  let upTo = cursor.blockNumber;
  for (;;) {
    const known = await listBlocks(db, { chainId, upTo, limit: FORK_STEPS });
    for (const block of known) {
      if ((await chain.hashAt(block.number)) === block.hash) return block;
    }
    const oldest = known.at(-1);
    if (!oldest) break;
    upTo = oldest.number - 1;
  }
  // Deeper than anything that is remembered: from there on all is read anew.
  const number = Math.max(0, Math.min(upTo, await chain.head()));
  return { number, hash: (await chain.hashAt(number)) ?? '' };
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
