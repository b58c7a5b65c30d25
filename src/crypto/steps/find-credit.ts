import type { Db } from '#db/client.ts';
import { findCredit, listUsesOfPayment } from '#db/queries/crypto-credits.ts';
import type { CryptoPaymentRow } from '#db/queries/crypto-payments.ts';

export type Loss = { lostUnits: bigint; lostAt: Date[] };

/** What of the credit that was taken off a payment is not there: given back, or undone. */
export async function findLoss(db: Db, { tenantId, id: paymentId, creditUnits }: CryptoPaymentRow): Promise<Loss> {
  if (creditUnits === 0n) return { lostUnits: 0n, lostAt: [] };
  const uses = await listUsesOfPayment(db, { tenantId, paymentId });
  const there = uses.reduce((sum, { units, lostUnits }) => sum + units - lostUnits, 0n);
  // What is there again is waited for no longer.
  const lost = uses.flatMap(({ lostUnits, lostAt }) => (lostUnits === 0n || lostAt === null ? [] : [lostAt]));
  return { lostUnits: creditUnits - there, lostAt: lost };
}

/** What others have taken of what is owed here as credit. */
export async function findUsed(db: Db, { tenantId, id: creditId, owedUnits }: CryptoPaymentRow): Promise<bigint> {
  if (owedUnits === 0n) return 0n;
  return (await findCredit(db, { tenantId, creditId }))?.usedUnits ?? 0n;
}
