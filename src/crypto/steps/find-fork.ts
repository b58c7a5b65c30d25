import { type ChainCursorRow, listBlocks, type ReadBlock } from '#db/queries/chain-cursors.ts';
import type { Chain } from '../../clients/chains.ts';
import type { Deps } from '../../context.ts';
import { AppError, SERVICE_UNAVAILABLE } from '../../lib/errors.ts';

type Looking = Pick<Deps, 'db'> & { chain: Chain; cursor: ChainCursorRow; now: Date };

const MOST_BLOCKS = 1_000;
/** So long nobody has seen a chain before a shorter one is believed (milliseconds). */
const UNSEEN_MS = 60_000;

/** The last block up to this one that the chain as it was read and as it is have both, of those that are remembered. */
export async function findFork({ db, chain }: Looking, upTo: number): Promise<ReadBlock> {
  const { chainId } = chain;
  const known = await listBlocks(db, { chainId, upTo, limit: MOST_BLOCKS });
  // What both have ends somewhere: halving finds it with ten questions.
  let [from, to] = [0, known.length];
  while (from < to) {
    const middle = Math.floor((from + to) / 2);
    const block = known[middle];
    if (block && (await requireHash(chain, block.number)) === block.hash) to = middle;
    else from = middle + 1;
  }
  const found = known[from];
  if (found) return found;
  // Deeper than anything that is remembered: from there on all is read anew, or of a chain begun anew the last blocks.
  const number = Math.max(0, (known.at(-1)?.number ?? upTo - MOST_BLOCKS) - 1);
  return { number, hash: await requireHash(chain, number) };
}

/** Of a block that the node has, by its own word: one that has it not is behind, which says nothing. */
export async function requireHash(chain: Chain, number: number): Promise<string> {
  const hash = await chain.hashAt(number);
  if (hash === null) throw unreadable('the node names a block that it does not have');
  return hash;
}

export function unreadable(what: string): AppError {
  return new AppError(SERVICE_UNAVAILABLE, { reason: 'chain_unavailable' }, { cause: new Error(what) });
}

/**
 * Whether a chain that ends before the last block read is another one: a node that is behind has the same blocks, and one
 * that was begun anew has others, or younger ones. As long as anybody sees the longer chain, that is the one.
 */
export async function isOtherChain({ db, chain, cursor, now }: Looking, head: number): Promise<boolean> {
  const { chainId, syncedAt } = cursor;
  if (now.getTime() - syncedAt.getTime() < UNSEEN_MS) return false;
  const [known] = await listBlocks(db, { chainId, upTo: head, limit: 1 });
  if (known) {
    const there = await chain.hashAt(known.number);
    return there !== null && there !== known.hash;
  }
  const last = await chain.blockAt(head);
  return last !== null && last.at.getTime() > syncedAt.getTime() + UNSEEN_MS;
}
