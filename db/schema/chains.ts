import { bigint, integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { id, instant } from './columns.ts';

const block = () => bigint({ mode: 'number' });

/** One transfer pays one payment, over all brands: two may share an address. */
export const spentTransfers = pgTable(
  'spent_transfers',
  {
    chainId: integer().notNull(),
    txHash: text().notNull(),
    logIndex: integer().notNull(),
    paymentId: id().notNull(),
  },
  (table) => [primaryKey({ columns: [table.chainId, table.txHash, table.logIndex] })],
);

/** Up to which block each chain is read. */
export const chainCursors = pgTable('chain_cursors', {
  chainId: integer().primaryKey(),
  blockNumber: block().notNull(),
  blockHash: text().notNull(),
  /** When it was read up to its end, and by then every block that there was. */
  syncedAt: instant().notNull(),
});

/** The last blocks read, by which a reorganisation is traced back. */
export const chainBlocks = pgTable(
  'chain_blocks',
  {
    chainId: integer().notNull(),
    number: block().notNull(),
    hash: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.chainId, table.number] })],
);
