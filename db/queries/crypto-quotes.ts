import { and, eq, isNull, sql } from 'drizzle-orm';
import type { Db } from '../client.ts';
import { cryptoQuotes } from '../schema/crypto.ts';

export type CryptoQuoteRow = typeof cryptoQuotes.$inferSelect;
export type NewCryptoQuote = typeof cryptoQuotes.$inferInsert;

export async function insertCryptoQuote(db: Db, quote: NewCryptoQuote): Promise<CryptoQuoteRow> {
  const [row] = await db.insert(cryptoQuotes).values(quote).returning();
  if (!row) throw new Error('insert returned no row');
  return row;
}

/** Of any brand, on crypto_quotes_id_idx: whose it is is judged by the row. */
export async function findCryptoQuoteById(db: Db, quoteId: string): Promise<CryptoQuoteRow | undefined> {
  return (await db.select().from(cryptoQuotes).where(eq(cryptoQuotes.id, quoteId)))[0];
}

type Key = { tenantId: string; quoteId: string };

/** A quote makes one payment: of two callers one gets it. */
export async function useCryptoQuote(db: Db, { tenantId, quoteId, paymentId }: Key & { paymentId: string }) {
  const rows = await db
    .update(cryptoQuotes)
    .set({ paymentId })
    .where(and(eq(cryptoQuotes.tenantId, tenantId), eq(cryptoQuotes.id, quoteId), isNull(cryptoQuotes.paymentId)))
    .returning({ id: cryptoQuotes.id });
  return rows.length === 1;
}

/** Deletes at most `limit` made before the instant, over all brands, on crypto_quotes_age_idx. Says how many. */
export async function deleteOldQuotes(db: Db, { before, limit }: { before: Date; limit: number }): Promise<number> {
  const old = sql`select ctid from crypto_quotes where created_at < ${before.toISOString()}::timestamptz limit ${limit}`;
  const rows = await db.execute(sql`delete from crypto_quotes where ctid = any(array(${old})) returning 1`);
  return rows.length;
}
