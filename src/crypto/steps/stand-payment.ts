import type { Db } from '#db/client.ts';
import type { Jobs } from '#db/jobs.ts';
import { findChainCursor } from '#db/queries/chain-cursors.ts';
import { type CryptoPaymentRow, findCryptoPaymentForUpdate } from '#db/queries/crypto-payments.ts';
import { listTransfersOfPayment } from '#db/queries/crypto-transfers.ts';
import { findPaymentForUpdate, type PaymentRow } from '#db/queries/payments.ts';
import { decideStanding, type Standing } from '../standing-rules.ts';
import { applyStanding } from './apply-standing.ts';
import { findLoss, findUsed } from './find-credit.ts';

type Key = { tenantId: string; paymentId: string };
type Looking = Key & {
  /** Whether late money is taken, once that was asked. */
  isLateTaken?: boolean;
  jobs: Jobs;
  now: Date;
};
export type Stood = { payment: PaymentRow; row: CryptoPaymentRow; wantsLate: boolean };

/** Brings a payment to where its chain is, as far as that is read: what it gives and takes back with it. */
export async function standPayment(tx: Db, { isLateTaken, jobs, now, ...key }: Looking): Promise<Stood> {
  const payment = await findPaymentForUpdate(tx, key);
  const found = await findCryptoPaymentForUpdate(tx, key);
  if (!payment || !found) throw new Error('a payment is gone');
  const row = isLateTaken === undefined ? found : { ...found, isLateTaken };
  const standing = await standingOf(tx, { payment, row, now });
  // What late money does is asked first: the price of now is nothing to wait for while rows are held.
  const stood = await applyStanding(tx, { payment, row, standing, jobs, now });
  return { ...stood, wantsLate: standing.wantsLate };
}

type Held = { payment: PaymentRow; row: CryptoPaymentRow; now: Date };

export async function standingOf(tx: Db, { payment, row, now }: Held): Promise<Standing> {
  const { tenantId, id: paymentId } = row;
  const transfers = await listTransfersOfPayment(tx, { tenantId, paymentId });
  const cursor = await findChainCursor(tx, row.chainId);
  const isPaid = payment.status === 'succeeded';
  const isClosed = payment.closedAt !== null && !isPaid;
  const loss = await findLoss(tx, row);
  const usedUnits = await findUsed(tx, row);
  return decideStanding({
    ...row,
    ...loss,
    usedUnits,
    // An admin's word, and what was given back in part, no block changes.
    isFixed: row.isMarked || (isPaid && payment.refundReserved > 0),
    transfers: transfers.filter(({ verdict }) => verdict === 'credited'),
    isClosed,
    isCanceled: payment.status === 'canceled',
    head: cursor?.blockNumber ?? 0,
    syncedAt: cursor?.syncedAt ?? row.createdAt,
    now,
  });
}
