import { and, desc, eq, gt, isNotNull, isNull, sql } from 'drizzle-orm';
import type { TransferVerdict } from '#schemas/crypto-payments.ts';
import { keyArrays, textArray } from '../batched.ts';
import type { Db } from '../client.ts';
import { prepared } from '../prepared.ts';
import { spentTransfers } from '../schema/chains.ts';
import { cryptoTransfers } from '../schema/crypto.ts';
import { beforePosition, type PageRequest } from './paging.ts';

export type CryptoTransferRow = typeof cryptoTransfers.$inferSelect;
export type NewCryptoTransfer = Omit<CryptoTransferRow, 'reversedAt' | 'chainId' | 'createdAt'>;
type Key = { tenantId: string; paymentId: string };

const texts = (name: string, type: string) => sql`${sql.placeholder(name)}::${sql.raw(type)}[]`;

const insertion = prepared((db) =>
  db
    .insert(cryptoTransfers)
    .select(
      sql`select "t"."tenant_id", "t"."id", nullif("t"."payment_id", '')::uuid, ${sql.placeholder('chainId')}::int, "t"."tx_hash",
        "t"."log_index", "t"."block_number", "t"."block_hash", "t"."block_at", "t"."from", "t"."to", nullif("t"."contract", ''),
        "t"."units", "t"."verdict", null, ${sql.placeholder('createdAt')}::timestamptz
        from unnest(${texts('tenantIds', 'uuid')}, ${texts('ids', 'uuid')}, ${texts('paymentIds', 'text')},
          ${texts('txHashes', 'text')}, ${texts('logIndexes', 'int')}, ${texts('blockNumbers', 'bigint')},
          ${texts('blockHashes', 'text')}, ${texts('blockTimes', 'timestamptz')}, ${texts('senders', 'text')},
          ${texts('receivers', 'text')}, ${texts('contracts', 'text')}, ${texts('units', 'numeric')}, ${texts('verdicts', 'text')})
          as "t"("tenant_id", "id", "payment_id", "tx_hash", "log_index", "block_number", "block_hash", "block_at", "from", "to",
            "contract", "units", "verdict")`,
    )
    .onConflictDoUpdate({
      target: [cryptoTransfers.tenantId, cryptoTransfers.chainId, cryptoTransfers.txHash, cryptoTransfers.logIndex],
      set: {
        blockNumber: sql`excluded.block_number`,
        blockHash: sql`excluded.block_hash`,
        blockAt: sql`least(${cryptoTransfers.blockAt}, excluded.block_at)`,
        reversedAt: sql`null`,
      },
      setWhere: isNotNull(cryptoTransfers.reversedAt),
    })
    .returning()
    .prepare('insert_crypto_transfers'),
);

type Arrived = { chainId: number; createdAt: Date; transfers: readonly NewCryptoTransfer[] };

/**
 * Writes down what arrived. What was there, and was undone by a reorganisation, is there again, in its new block; what is
 * there already stays as it is. Answers what is news.
 */
export function insertTransfers(db: Db, { chainId, createdAt, transfers }: Arrived): Promise<CryptoTransferRow[]> {
  const column = (of: (one: NewCryptoTransfer) => unknown) => textArray(transfers.map((one) => String(of(one) ?? '')));
  return insertion(db).execute({
    chainId,
    createdAt: createdAt.toISOString(),
    tenantIds: column(({ tenantId }) => tenantId),
    ids: column(({ id }) => id),
    paymentIds: column(({ paymentId }) => paymentId),
    txHashes: column(({ txHash }) => txHash),
    logIndexes: column(({ logIndex }) => logIndex),
    blockNumbers: column(({ blockNumber }) => blockNumber),
    blockHashes: column(({ blockHash }) => blockHash),
    blockTimes: column(({ blockAt }) => blockAt.toISOString()),
    senders: column(({ from }) => from),
    receivers: column(({ to }) => to),
    contracts: column(({ contract }) => contract),
    units: column(({ units }) => units),
    verdicts: column(({ verdict }) => verdict),
  });
}

export type Spending = { txHash: string; logIndex: number; paymentId: string };

const spending = prepared((db) =>
  db
    .insert(spentTransfers)
    .select(
      sql`select ${sql.placeholder('chainId')}::int, "s"."tx_hash", "s"."log_index", "s"."payment_id"
        from unnest(${texts('txHashes', 'text')}, ${texts('logIndexes', 'int')}, ${texts('paymentIds', 'uuid')})
          as "s"("tx_hash", "log_index", "payment_id")`,
    )
    .onConflictDoUpdate({
      target: [spentTransfers.chainId, spentTransfers.txHash, spentTransfers.logIndex],
      set: { paymentId: sql`excluded.payment_id` },
      setWhere: sql`${spentTransfers.paymentId} = excluded.payment_id`,
    })
    .returning()
    .prepare('spend_transfers'),
);

/** Over all brands one transfer pays one payment. Answers those that are this payment's: now, or before. */
export function spendTransfers(
  db: Db,
  { chainId, spendings }: { chainId: number; spendings: readonly Spending[] },
): Promise<Spending[]> {
  return spending(db).execute({
    chainId,
    txHashes: textArray(spendings.map(({ txHash }) => txHash)),
    logIndexes: textArray(spendings.map(({ logIndex }) => String(logIndex))),
    paymentIds: textArray(spendings.map(({ paymentId }) => paymentId)),
  });
}

const creditedOf = prepared((db) =>
  db
    .select()
    .from(cryptoTransfers)
    .where(
      and(
        eq(cryptoTransfers.tenantId, sql.placeholder('tenantId')),
        eq(cryptoTransfers.paymentId, sql.placeholder('paymentId')),
      ),
    )
    .orderBy(cryptoTransfers.createdAt, cryptoTransfers.id)
    .prepare('list_transfers_of_payment'),
);

/** All that arrived for a payment, on crypto_transfers_of_payment_idx. */
export function listTransfersOfPayment(db: Db, key: Key): Promise<CryptoTransferRow[]> {
  return creditedOf(db).execute(key);
}

const creditedOfMany = prepared((db) =>
  db
    .select()
    .from(cryptoTransfers)
    .where(
      sql`(${cryptoTransfers.tenantId}, ${cryptoTransfers.paymentId}) in (select * from unnest(
        ${sql.placeholder('tenantIds')}::uuid[], ${sql.placeholder('paymentIds')}::uuid[]))`,
    )
    .prepare('list_transfers_of_payments'),
);

export function listTransfersOfPayments(db: Db, keys: readonly Key[]): Promise<CryptoTransferRow[]> {
  return creditedOfMany(db).execute(keyArrays(keys));
}

const newest = prepared((db) =>
  db
    .select({
      row: cryptoTransfers,
      count: sql<number>`count(*) over ()::int`,
      youngest: sql<
        number | null
      >`(max(${cryptoTransfers.blockNumber}) filter (where ${cryptoTransfers.verdict} = 'credited'
        and ${cryptoTransfers.reversedAt} is null) over ())::int`,
    })
    .from(cryptoTransfers)
    .where(
      and(
        eq(cryptoTransfers.tenantId, sql.placeholder('tenantId')),
        eq(cryptoTransfers.paymentId, sql.placeholder('paymentId')),
      ),
    )
    .orderBy(desc(cryptoTransfers.createdAt), desc(cryptoTransfers.id))
    .limit(sql.placeholder('limit'))
    .prepare('list_newest_transfers'),
);

export type NewestTransfers = { rows: CryptoTransferRow[]; count: number; youngest: number | null };

/** The last that arrived for a payment, how many there are, and the block of the last that counts. */
export async function listNewestTransfers(db: Db, asked: Key & { limit: number }): Promise<NewestTransfers> {
  const found = await newest(db).execute(asked);
  const [first] = found;
  return { rows: found.map(({ row }) => row).reverse(), count: first?.count ?? 0, youngest: first?.youngest ?? null };
}

/** What stood in blocks after this one is undone, in any brand: on crypto_transfers_block_idx. */
export function reverseTransfers(
  db: Db,
  { chainId, after, now }: { chainId: number; after: number; now: Date },
): Promise<CryptoTransferRow[]> {
  return db
    .update(cryptoTransfers)
    .set({ reversedAt: now })
    .where(
      and(
        eq(cryptoTransfers.chainId, chainId),
        gt(cryptoTransfers.blockNumber, after),
        isNull(cryptoTransfers.reversedAt),
      ),
    )
    .returning();
}

type Filter = { tenantId: string; verdict?: TransferVerdict | undefined; page: PageRequest };

/** What arrived for a brand, newest first, on crypto_transfers_list_idx. */
export function listTransfers(db: Db, { tenantId, verdict, page }: Filter): Promise<CryptoTransferRow[]> {
  return db
    .select()
    .from(cryptoTransfers)
    .where(
      and(
        eq(cryptoTransfers.tenantId, tenantId),
        verdict ? eq(cryptoTransfers.verdict, verdict) : undefined,
        beforePosition(cryptoTransfers.createdAt, cryptoTransfers.id, page),
      ),
    )
    .orderBy(desc(cryptoTransfers.createdAt), desc(cryptoTransfers.id))
    .limit(page.rows);
}
