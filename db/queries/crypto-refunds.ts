import { and, eq } from 'drizzle-orm';
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
