import { type ChainCursorRow, findChainCursor, startChainCursor } from '#db/queries/chain-cursors.ts';
import { endMonitoring, hasAwaited } from '#db/queries/crypto-payments.ts';
import type { ChainBlock } from '../clients/chain-parts.ts';
import type { Chain } from '../clients/chains.ts';
import type { Deps } from '../context.ts';
import { earlier } from '../lib/time.ts';
import { checkReturns } from './check-returns.ts';
import { isOtherChain, requireHash, unreadable } from './steps/find-fork.ts';
import { type Reading, recordBlocks, rewind, skipTo } from './steps/read-chain.ts';
import { workOffDue } from './work-off-due.ts';

export type Watching = Pick<Deps, 'db' | 'chains' | 'rates' | 'jobs' | 'clock' | 'log'>;

export const BLOCKS_AT_ONCE = 10;
const MAX_ROUNDS = 1_000;
/** More in one go are no reorganisation: two nodes that are not of one mind answer in turn. */
const MAX_REWINDS = 3;

type Bounds = { blocksAtOnce?: number; rounds?: number; signal?: AbortSignal };
export type Watched = { blocks: number; isAtEnd: boolean };

/**
 * Follows a chain from where it was left to its end: its blocks once, whatever is open. Any number of processes may; each
 * block is written down by one of them. Says how many blocks it read.
 */
export async function watchChain(deps: Watching, chainId: number, bounds: Bounds = {}): Promise<number> {
  const chain = deps.chains.find(chainId);
  return chain ? (await readOn(deps, chain, bounds)).blocks : 0;
}

/** The same, for so many rounds at most. */
export async function readOn(deps: Watching, chain: Chain, bounds: Bounds): Promise<Watched> {
  const { blocksAtOnce = BLOCKS_AT_ONCE, rounds = MAX_ROUNDS, signal } = bounds;
  let read = 0;
  let isAtEnd = false;
  let rewinds = 0;
  let dueAt = 0;
  for (let round = 0; round < rounds && !isAtEnd && !signal?.aborted; round += 1) {
    const done = await step(deps, { chain, blocksAtOnce, dueAt });
    read += done.blocks;
    isAtEnd = done.isAtEnd;
    if (done.rewoundTo !== undefined) {
      // What stood in the old chain and stands in the new one, too, is looked at when that is read as far.
      dueAt = done.rewoundTo;
      rewinds += 1;
    }
    await workOffDue(deps, chain.chainId);
    if (rewinds >= MAX_REWINDS) throw unreadable('the node is of two minds about its chain');
  }
  await endLooking(deps, chain.chainId);
  if (isAtEnd) await checkReturns(deps, chain);
  return { blocks: read, isAtEnd };
}

/** What is not read yet may have money from when it was looked for. */
async function endLooking({ db, clock }: Watching, chainId: number): Promise<void> {
  const cursor = await findChainCursor(db, chainId);
  if (cursor) await endMonitoring(db, { chainId, until: earlier(cursor.syncedAt, clock.now()), now: clock.now() });
}

type Step = Watched & { rewoundTo?: number };
const AT_END: Step = { blocks: 0, isAtEnd: true };
type Stepping = { chain: Chain; blocksAtOnce: number; dueAt: number };

async function step({ db, clock }: Watching, { chain, blocksAtOnce, dueAt }: Stepping): Promise<Step> {
  const { chainId } = chain;
  const now = clock.now();
  // Before anything else is asked: what is done later than this is in a later block.
  const head = await chain.head();
  const cursor = await findChainCursor(db, chainId);
  if (!cursor) {
    await startChainCursor(db, { chainId, number: head, hash: await requireHash(chain, head), now });
    return AT_END;
  }
  const reading: Reading = { db, chain, cursor, dueAt, now };
  if (head <= cursor.blockNumber) return stay(reading, head);
  if (!(await hasAwaited(db, chainId)) && (await isWhere(chain, cursor))) {
    await skipTo(reading, { number: head, hash: await requireHash(chain, head) });
    return AT_END;
  }
  const to = Math.min(head, cursor.blockNumber + blocksAtOnce);
  const blocks = await readBlocks(chain, { from: cursor.blockNumber + 1, to });
  if (blocks[0]?.parentHash !== cursor.blockHash) return goBack(reading, head);
  const whole = blocks.slice(0, linkedUpTo(blocks));
  const isHead = whole.at(-1)?.number === head;
  await recordBlocks(reading, { blocks: whole, isHead });
  return { blocks: whole.length, isAtEnd: isHead };
}

/** Nothing is new; or the chain is another one, no longer than this. */
async function stay(reading: Reading, head: number): Promise<Step> {
  const { chain, cursor } = reading;
  const { blockNumber: number, blockHash: hash } = cursor;
  const there = await chain.hashAt(number);
  if (there === null) return (await isOtherChain(reading, head)) ? goBack(reading, head) : AT_END;
  if (there !== hash) return goBack(reading, head);
  if (head === number) await skipTo(reading, { number, hash });
  return AT_END;
}

async function goBack(reading: Reading, head: number): Promise<Step> {
  // No further than the new chain reaches: what is due is looked at, then, whatever comes.
  const rewoundTo = Math.min(head, reading.cursor.blockNumber);
  await rewind(reading, { dueAt: rewoundTo });
  return { blocks: 0, isAtEnd: false, rewoundTo };
}

async function isWhere(chain: Chain, { blockNumber, blockHash }: ChainCursorRow): Promise<boolean> {
  return (await chain.hashAt(blockNumber)) === blockHash;
}

async function readBlocks(chain: Chain, { from, to }: { from: number; to: number }): Promise<ChainBlock[]> {
  const numbers = Array.from({ length: to - from + 1 }, (_, index) => from + index);
  const blocks = await Promise.all(numbers.map((number) => chain.blockAt(number)));
  const missing = blocks.indexOf(null);
  if (missing === 0) throw unreadable('the node names a block that it does not have');
  return (missing === -1 ? blocks : blocks.slice(0, missing)) as ChainBlock[];
}

/** As far as each block stands on the one before: a reorganisation may have come in between. */
function linkedUpTo(blocks: readonly ChainBlock[]): number {
  const broken = blocks.findIndex((block, index) => index > 0 && block.parentHash !== blocks[index - 1]?.hash);
  return broken === -1 ? blocks.length : broken;
}
