import type { Db } from '#db/client.ts';
import type { CryptoPaymentRow } from '#db/queries/crypto-payments.ts';
import { listReturnedStock } from '#db/queries/effects.ts';
import { type PaymentRow, updatePayment } from '#db/queries/payments.ts';
import { takeStock } from '#db/queries/stock.ts';
import { recordEffects } from '../../effects/record-effects.ts';
import { announceProducts } from '../../products/steps/announce-products.ts';
import { takeCredit } from './take-credit.ts';

type Reopening = { payment: PaymentRow; row: CryptoPaymentRow; creditUnits: bigint; baseUrl: string; now: Date };
class Missing extends Error {}

/**
 * Opens a payment again that was closed unpaid, with what it held: its stock and its credit, if there is as much again.
 * Coupons that it has given back may be somebody else's now, so that one with coupons stays closed. Null where it cannot be.
 */
export async function reopenPayment(tx: Db, reopening: Reopening): Promise<PaymentRow | null> {
  const { payment, now } = reopening;
  const { tenantId, id: paymentId } = payment;
  if (payment.coupons !== null) return null;
  try {
    // In a savepoint: what was taken before something was missing is put back.
    await tx.transaction((inner) => takeAgain(inner as unknown as Db, reopening));
  } catch (error) {
    if (error instanceof Missing) return null;
    throw error;
  }
  const change = {
    status: 'processing',
    closedAt: null,
    checkAt: now,
    failureCode: null,
    failureMessage: null,
  } as const;
  return updatePayment(tx, { tenantId, paymentId, change, now });
}

async function takeAgain(tx: Db, { payment, row, creditUnits, baseUrl, now }: Reopening): Promise<void> {
  const { tenantId, id: causeId, userId } = payment;
  const owner = { ...row, userId };
  const again = { owner, paymentId: row.id, units: creditUnits, isAgain: true, now };
  const isTaken = creditUnits === 0n || (await takeCredit(tx, again));
  if (!isTaken) throw new Missing();
  const held = await listReturnedStock(tx, { tenantId, causeType: 'payment', causeId });
  if (held.length === 0) return;
  const items = held.map(({ targetId, quantity }) => ({ productId: targetId, quantity }));
  const taken = await takeStock(tx, { tenantId, items, now });
  if (taken.length < items.length) throw new Missing();
  await announceProducts(tx, { rows: taken, baseUrl });
  const given = held.map(({ targetId, quantity }) => ({ targetId, quantity }));
  await recordEffects(tx, { tenantId, causeType: 'payment', causeId, userId, kind: 'stock', given, now });
}
