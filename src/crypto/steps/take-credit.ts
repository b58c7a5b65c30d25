import type { Db } from '#db/client.ts';
import {
  type CreditOwner,
  freeCredit,
  holdCredit,
  holdFreeCredits,
  insertCreditUses,
  releaseUses,
  useCredit,
} from '#db/queries/crypto-credits.ts';
import { newId } from '../../lib/ids.ts';

type Taking = { owner: CreditOwner; paymentId: string; units: bigint; isAgain?: boolean; now: Date };

/**
 * Takes so much credit for a payment, the oldest first, or nothing: false where there is less. One that takes it again leaves
 * what came from it, or from a payment that it may have paid for: it would stand on itself.
 */
export async function takeCredit(tx: Db, { owner, paymentId, units, isAgain, now }: Taking): Promise<boolean> {
  const { tenantId } = owner;
  let missing = units;
  const parts = (await holdFreeCredits(tx, { ...owner, before: isAgain ? paymentId : undefined })).flatMap((credit) => {
    const free = credit.units - credit.usedUnits;
    const by = free < missing ? free : missing;
    missing -= by;
    return by > 0n ? [{ creditId: credit.id, by }] : [];
  });
  if (missing > 0n) return false;
  for (const part of parts) {
    if (!(await useCredit(tx, { tenantId, ...part, now }))) throw new Error('a credit was used while it was held');
  }
  const fresh = { lostUnits: 0n, lostAt: null, releasedAt: null, createdAt: now };
  const uses = parts.map(({ creditId, by }) => ({ tenantId, id: newId(), creditId, paymentId, units: by, ...fresh }));
  await insertCreditUses(tx, uses);
  return true;
}

type Releasing = { tenantId: string; paymentId: string; now: Date };

/** The payment comes to nothing: what it took can be taken again. */
export async function releaseCredit(tx: Db, { now, ...key }: Releasing): Promise<void> {
  const { tenantId } = key;
  for (const { creditId, units, lostUnits } of await releaseUses(tx, { ...key, now })) {
    // Held before it is asked how the credit is owed: that changes with it.
    await holdCredit(tx, { tenantId, creditId });
    await freeCredit(tx, { tenantId, creditId, by: units - lostUnits, now });
  }
}
