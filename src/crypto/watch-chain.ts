import { type ChainCursorRow, findChainCursor, startChainCursor } from '#db/queries/chain-cursors.ts';
import { endMonitoring, hasAwaited } from '#db/queries/crypto-payments.ts';
import type { ChainBlock } from '../clients/chain-parts.ts';
import type { Chain } from '../clients/chains.ts';
import type { Deps } from '../context.ts';
import { AppError, SERVICE_UNAVAILABLE } from '../lib/errors.ts';
import { earlier } from '../lib/time.ts';
import { checkReturns } from './check-returns.ts';
import { type Reading, recordBlocks, rewind, skipTo } from './steps/read-chain.ts';
import { workOffDue } from './work-off-due.ts';

export type Watching = Pick<Deps, 'db' | 'chains' | 'rates' | 'jobs' | 'clock' | 'log'>;

const BLOCKS_AT_ONCE = 10;
const MAX_ROUNDS = 1_000;

/**
 * Follows a chain from where it was left to its end: its blocks once, whatever is open. Any number of processes may; each
 * block is written down by one of them. Says how many blocks it read.
 */
export async function watchChain(deps: Watching, chainId: number): Promise<number> {
  const chain = deps.chains.find(chainId);
  if (!chain) return 0;
  let read = 0;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const { blocks, isAtEnd } = await step(deps, chain);
    read += blocks;
    await workOffDue(deps, chainId);
    if (isAtEnd) break;
  }
  await endLooking(deps, chainId);
  await checkReturns(deps, chain);
  return read;
}

/** What is not read yet may have money from when it was looked for. */
async function endLooking({ db, clock }: Watching, chainId: number): Promise<void> {
  const cursor = await findChainCursor(db, chainId);
  if (cursor) await endMonitoring(db, { chainId, until: earlier(cursor.syncedAt, clock.now()), now: clock.now() });
}

type Step = { blocks: number; isAtEnd: boolean };

async function step({ db, jobs, clock }: Watching, chain: Chain): Promise<Step> {
  const { chainId } = chain;
  const now = clock.now();
  // Before anything else is asked: what is done later than this is in a later block.
  const head = await chain.head();
  const cursor = await findChainCursor(db, chainId);
  if (!cursor) {
    await startChainCursor(db, { chainId, number: head, hash: await requireHash(chain, head), now });
    return { blocks: 0, isAtEnd: true };
  }
  const reading: Reading = { db, jobs, chain, cursor, now };
  if (head <= cursor.blockNumber) return stay(reading, head);
  if (!(await hasAwaited(db, chainId)) && (await isWhere(chain, cursor))) {
    await skipTo(reading, { number: head, hash: await requireHash(chain, head) });
    return { blocks: 0, isAtEnd: true };
  }
  const to = Math.min(head, cursor.blockNumber + BLOCKS_AT_ONCE);
  const blocks = await readBlocks(chain, { from: cursor.blockNumber + 1, to });
  if (blocks[0]?.parentHash !== cursor.blockHash) {
    await rewind(reading);
    return { blocks: 0, isAtEnd: false };
  }
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
  // A node that is behind knows nothing newer: it says nothing about what was read elsewhere.
  if (there === null) return { blocks: 0, isAtEnd: true };
  if (there !== hash) {
    await rewind(reading);
    return { blocks: 0, isAtEnd: false };
  }
  if (head === number) await skipTo(reading, { number, hash });
  return { blocks: 0, isAtEnd: true };
}

async function isWhere(chain: Chain, { blockNumber, blockHash }: ChainCursorRow): Promise<boolean> {
  return (await chain.hashAt(blockNumber)) === blockHash;
}

async function readBlocks(chain: Chain, { from, to }: { from: number; to: number }): Promise<ChainBlock[]> {
  const numbers = Array.from({ length: to - from + 1 }, (_, index) => from + index);
  const blocks = await Promise.all(numbers.map((number) => chain.blockAt(number)));
  const missing = blocks.indexOf(null);
  if (missing === 0) throw unreadable();
  return (missing === -1 ? blocks : blocks.slice(0, missing)) as ChainBlock[];
}

/** As far as each block stands on the one before: a reorganisation may have come in between. */
function linkedUpTo(blocks: readonly ChainBlock[]): number {
  const broken = blocks.findIndex((block, index) => index > 0 && block.parentHash !== blocks[index - 1]?.hash);
  return broken === -1 ? blocks.length : broken;
}

async function requireHash(chain: Chain, number: number): Promise<string> {
  const hash = await chain.hashAt(number);
  if (hash === null) throw unreadable();
  return hash;
}

function unreadable(): AppError {
  const cause = new Error('the node names a block that it does not have');
  return new AppError(SERVICE_UNAVAILABLE, { reason: 'chain_unavailable' }, { cause });
}
