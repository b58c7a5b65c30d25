import { and, desc, eq, gt, isNotNull, isNull, sql } from 'drizzle-orm';
import type { TransferVerdict } from '#schemas/crypto-payments.ts';
import type { Db } from '../client.ts';
import { prepared } from '../prepared.ts';
import { spentTransfers } from '../schema/chains.ts';
import { cryptoTransfers } from '../schema/crypto.ts';
import { beforePosition, type PageRequest } from './paging.ts';

export type CryptoTransferRow = typeof cryptoTransfers.$inferSelect;
export type NewCryptoTransfer = Omit<CryptoTransferRow, 'reversedAt'>;
type Key = { tenantId: string; paymentId: string };

/**
 * Writes down what arrived. What was there, and was undone by a reorganisation, is there again, in its new block; what is
 * there already stays as it is. Answers what is news.
 */
export function insertTransfers(db: Db, transfers: readonly NewCryptoTransfer[]): Promise<CryptoTransferRow[]> {
  return db
    .insert(cryptoTransfers)
    .values([...transfers])
    .onConflictDoUpdate({
      target: [cryptoTransfers.tenantId, cryptoTransfers.chainId, cryptoTransfers.txHash, cryptoTransfers.logIndex],
      set: {
        blockNumber: sql`excluded.block_number`,
        blockHash: sql`excluded.block_hash`,
        blockAt: sql`least(${cryptoTransfers.blockAt}, excluded.block_at)`,
        reversedAt: null,
      },
      setWhere: isNotNull(cryptoTransfers.reversedAt),
    })
    .returning();
}

export type Spending = { chainId: number; txHash: string; logIndex: number; paymentId: string };

/** Over all brands one transfer pays one payment. Answers those that are this payment's: now, or before. */
export async function spendTransfers(db: Db, spendings: readonly Spending[]): Promise<Spending[]> {
  const { chainId, txHash, logIndex, paymentId } = spentTransfers;
  return db
    .insert(spentTransfers)
    .values([...spendings])
    .onConflictDoUpdate({
      target: [chainId, txHash, logIndex],
      set: { paymentId: sql`excluded.payment_id` },
      setWhere: sql`${paymentId} = excluded.payment_id`,
    })
    .returning();
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
