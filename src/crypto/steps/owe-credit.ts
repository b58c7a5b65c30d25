import type { Db } from '#db/client.ts';
import {
  type CreditUseRow,
  holdCredit,
  insertCredit,
  listUsesOfCredit,
  setUseLoss,
  updateCredit,
} from '#db/queries/crypto-credits.ts';
import { type CryptoPaymentRow, setCryptoDue, watchAgain } from '#db/queries/crypto-payments.ts';
import { type Backing, decideBacking } from '../credit-rules.ts';

type Owing = { before: CryptoPaymentRow; row: CryptoPaymentRow; userId: string; now: Date };

/**
 * Brings the credit that a payment is the source of to what is owed now. Where that is less than was taken of it, those who
 * took last have lost it: they are looked at next. The caller holds the payment's row.
 */
export async function oweCredit(tx: Db, { before, row, userId, now }: Owing): Promise<void> {
  const { owedUnits, owedAs, returnedUnits } = before;
  if (owedUnits === row.owedUnits && owedAs === row.owedAs && returnedUnits === row.returnedUnits) return;
  const key = { tenantId: row.tenantId, creditId: row.id };
  // Before the credit is held: whoever gives back what it took holds its payment first, too.
  const seen = await listUsesOfCredit(tx, key);
  await lookAgain(tx, seen);
  const credit = await holdCredit(tx, key);
  if (!credit) return begin(tx, { row, userId, now });
  const uses = await listUsesOfCredit(tx, key);
  await lookAgain(
    tx,
    uses.filter(({ id }) => !seen.some((one) => one.id === id)),
  );
  const backing = decideBacking(row, uses);
  await updateCredit(tx, { ...key, ...backing, now });
  await saveLosses(tx, { uses, backing, now });
}

async function begin(tx: Db, { row, userId, now }: Omit<Owing, 'before'>): Promise<void> {
  if (row.owedAs !== 'credit') return;
  const { tenantId, id, chainId, asset, contract, decimals } = row;
  const { units, usedUnits } = decideBacking(row, []);
  const what = { tenantId, id, userId, chainId, asset, contract, decimals, units, usedUnits };
  await insertCredit(tx, { ...what, createdAt: now, updatedAt: now });
}

async function lookAgain(tx: Db, uses: readonly CreditUseRow[]): Promise<void> {
  if (uses.length === 0) return;
  await watchAgain(tx, uses);
  await setCryptoDue(tx, uses);
}

type Losing = { uses: readonly CreditUseRow[]; backing: Backing; now: Date };

async function saveLosses(tx: Db, { uses, backing, now }: Losing): Promise<void> {
  for (const { tenantId, id: useId, lostUnits: before, lostAt } of uses) {
    const lostUnits = backing.lost.get(useId) ?? 0n;
    if (lostUnits !== before) {
      await setUseLoss(tx, { tenantId, useId, lostUnits, lostAt: lostUnits > before ? now : lostAt });
    }
  }
}
