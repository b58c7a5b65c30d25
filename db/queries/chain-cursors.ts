import { and, desc, eq, gt, lt, lte, sql } from 'drizzle-orm';
import type { Db } from '../client.ts';
import { prepared } from '../prepared.ts';
import { chainBlocks, chainCursors } from '../schema/chains.ts';

export type ChainCursorRow = typeof chainCursors.$inferSelect;
export type ReadBlock = { number: number; hash: string };

const byChain = prepared((db) =>
  db
    .select()
    .from(chainCursors)
    .where(eq(chainCursors.chainId, sql.placeholder('chainId')))
    .prepare('find_chain_cursor'),
);

export async function findChainCursor(db: Db, chainId: number): Promise<ChainCursorRow | undefined> {
  return (await byChain(db).execute({ chainId }))[0];
}

/** From this block on the chain is read, unless it is read already. */
export async function startChainCursor(
  db: Db,
  { chainId, number, hash, now }: ReadBlock & { chainId: number; now: Date },
): Promise<void> {
  const started = await db
    .insert(chainCursors)
    .values({ chainId, blockNumber: number, blockHash: hash, syncedAt: now })
    .onConflictDoNothing()
    .returning({ chainId: chainCursors.chainId });
  if (started.length > 0) await insertBlocks(db, { chainId, blocks: [{ number, hash }] });
}

type Move = { from: ChainCursorRow; to: ReadBlock; syncedAt: Date };

/** Holds only from where it was: of two watchers one moves it, and the other's work is undone. */
export async function moveChainCursor(db: Db, { from, to, syncedAt }: Move): Promise<boolean> {
  const { chainId, blockNumber, blockHash } = from;
  const rows = await db
    .update(chainCursors)
    .set({
      blockNumber: to.number,
      blockHash: to.hash,
      syncedAt: sql`greatest(${chainCursors.syncedAt}, ${syncedAt.toISOString()}::timestamptz)`,
    })
    .where(
      and(
        eq(chainCursors.chainId, chainId),
        eq(chainCursors.blockNumber, blockNumber),
        eq(chainCursors.blockHash, blockHash),
      ),
    )
    .returning({ chainId: chainCursors.chainId });
  return rows.length === 1;
}

/** Whether it still is where it was; if so it stays there until the transaction ends. */
export async function holdChainCursor(db: Db, { chainId, blockNumber, blockHash }: ChainCursorRow): Promise<boolean> {
  const rows = await db
    .select({ chainId: chainCursors.chainId })
    .from(chainCursors)
    .where(
      and(
        eq(chainCursors.chainId, chainId),
        eq(chainCursors.blockNumber, blockNumber),
        eq(chainCursors.blockHash, blockHash),
      ),
    )
    .for('share');
  return rows.length === 1;
}

export async function insertBlocks(
  db: Db,
  { chainId, blocks }: { chainId: number; blocks: readonly ReadBlock[] },
): Promise<void> {
  const rows = blocks.map(({ number, hash }) => ({ chainId, number, hash }));
  await db
    .insert(chainBlocks)
    .values(rows)
    .onConflictDoUpdate({ target: [chainBlocks.chainId, chainBlocks.number], set: { hash: sql`excluded.hash` } });
}

/** The last blocks read, from this one downwards. */
export function listBlocks(
  db: Db,
  { chainId, upTo, limit }: { chainId: number; upTo: number; limit: number },
): Promise<ReadBlock[]> {
  return db
    .select({ number: chainBlocks.number, hash: chainBlocks.hash })
    .from(chainBlocks)
    .where(and(eq(chainBlocks.chainId, chainId), lte(chainBlocks.number, upTo)))
    .orderBy(desc(chainBlocks.number))
    .limit(limit);
}

export async function deleteBlocksAfter(
  db: Db,
  { chainId, number }: { chainId: number; number: number },
): Promise<void> {
  await db.delete(chainBlocks).where(and(eq(chainBlocks.chainId, chainId), gt(chainBlocks.number, number)));
}

export async function deleteBlocksBefore(
  db: Db,
  { chainId, number }: { chainId: number; number: number },
): Promise<void> {
  await db.delete(chainBlocks).where(and(eq(chainBlocks.chainId, chainId), lt(chainBlocks.number, number)));
}
