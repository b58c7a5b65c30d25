import { and, eq, isNull } from 'drizzle-orm';
import type { Db } from '../client.ts';
import { cryptoRefunds } from '../schema/crypto.ts';

export type CryptoRefundRow = typeof cryptoRefunds.$inferSelect;

/** One transfer makes one refund: crypto_refunds_chain_key; one refund is made once: crypto_refunds_refund_key. */
export async function insertCryptoRefund(db: Db, refund: CryptoRefundRow): Promise<CryptoRefundRow> {
  const [row] = await db.insert(cryptoRefunds).values(refund).returning();
  if (!row) throw new Error('insert returned no row');
  return row;
}

export function listCryptoRefunds(
  db: Db,
  { tenantId, paymentId }: { tenantId: string; paymentId: string },
): Promise<CryptoRefundRow[]> {
  return db
    .select()
    .from(cryptoRefunds)
    .where(and(eq(cryptoRefunds.tenantId, tenantId), eq(cryptoRefunds.paymentId, paymentId)));
}

type Transaction = { tenantId: string; chainId: number; txHash: string };

/** Which transfers of a transaction were recorded, by their log index: on crypto_refunds_chain_key. */
export async function listRecordedIn(db: Db, { tenantId, chainId, txHash }: Transaction): Promise<number[]> {
  const rows = await db
    .select({ logIndex: cryptoRefunds.logIndex })
    .from(cryptoRefunds)
    .where(
      and(
        eq(cryptoRefunds.tenantId, tenantId),
        eq(cryptoRefunds.chainId, chainId),
        eq(cryptoRefunds.txHash, txHash),
        isNull(cryptoRefunds.reversedAt),
      ),
    );
  return rows.map(({ logIndex }) => logIndex);
}
