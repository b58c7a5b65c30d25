import { and, eq, gt, isNotNull, isNull } from 'drizzle-orm';
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

const isNotReversed = isNull(cryptoRefunds.reversedAt);

/** What was sent back in blocks after this one is looked for again, in any brand: on crypto_refunds_block_idx. */
export async function setReturnsMissing(
  tx: Db,
  { chainId, after, now }: { chainId: number; after: number; now: Date },
) {
  await tx
    .update(cryptoRefunds)
    .set({ missingAt: now })
    .where(
      and(eq(cryptoRefunds.chainId, chainId), gt(cryptoRefunds.blockNumber, after), isNull(cryptoRefunds.missingAt)),
    );
}

/** What is looked for, in any brand: on crypto_refunds_missing_idx. */
export function listMissingReturns(db: Db, chainId: number): Promise<CryptoRefundRow[]> {
  return db
    .select()
    .from(cryptoRefunds)
    .where(and(eq(cryptoRefunds.chainId, chainId), isNotNull(cryptoRefunds.missingAt), isNotReversed))
    .limit(100);
}

type Return = { tenantId: string; id: string };
const isMissing = ({ tenantId, id }: Return) =>
  and(
    eq(cryptoRefunds.tenantId, tenantId),
    eq(cryptoRefunds.id, id),
    isNotNull(cryptoRefunds.missingAt),
    isNotReversed,
  );

/** It stands in a block again, in which its log may have another index. */
export async function setReturnFound(
  db: Db,
  { tenantId, id, blockNumber, logIndex }: Return & { blockNumber: number; logIndex: number },
): Promise<void> {
  await db.update(cryptoRefunds).set({ blockNumber, logIndex, missingAt: null }).where(isMissing({ tenantId, id }));
}

/** It is given up, by one of two callers. */
export async function reverseReturn(tx: Db, { now, ...key }: Return & { now: Date }): Promise<boolean> {
  const rows = await tx
    .update(cryptoRefunds)
    .set({ reversedAt: now })
    .where(isMissing(key))
    .returning({ id: cryptoRefunds.id });
  return rows.length === 1;
}
