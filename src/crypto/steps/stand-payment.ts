import type { Db } from '#db/client.ts';
import type { Jobs } from '#db/jobs.ts';
import { type ChainCursorRow, findChainCursor } from '#db/queries/chain-cursors.ts';
import { type CryptoPaymentRow, findCryptoPaymentForUpdate } from '#db/queries/crypto-payments.ts';
import { type CryptoTransferRow, listTransfersOfPayment } from '#db/queries/crypto-transfers.ts';
import { findPaymentForUpdate, type PaymentRow } from '#db/queries/payments.ts';
import type { Chains } from '../../clients/chains.ts';
import { later } from '../../lib/time.ts';
import { decideStanding, type Standing } from '../standing-rules.ts';
import { applyStanding } from './apply-standing.ts';
import { findLoss, findUsed } from './find-credit.ts';

type Key = { tenantId: string; paymentId: string };
type Looking = Key & {
  /** Whether late money is taken, once that was asked. */
  isLateTaken?: boolean;
  /** Up to when the chain is read, where that is later than the cursor says. */
  readUpTo?: Date | undefined;
  /** Where they are not given, the caller knows that its chain is watched. */
  chains?: Pick<Chains, 'find'>;
  jobs: Jobs;
  now: Date;
};
export type Stood = { payment: PaymentRow; row: CryptoPaymentRow; wantsLate: boolean };

/** Brings a payment to where its chain is, as far as that is read: what it gives and takes back with it. */
export async function standPayment(tx: Db, looking: Looking): Promise<Stood> {
  const { tenantId, paymentId, isLateTaken, jobs, now } = looking;
  const key = { tenantId, paymentId };
  const payment = await findPaymentForUpdate(tx, key);
  const found = await findCryptoPaymentForUpdate(tx, key);
  if (!payment || !found) throw new Error('a payment is gone');
  const row = isLateTaken === undefined ? found : { ...found, isLateTaken };
  const isWatched = looking.chains === undefined || looking.chains.find(row.chainId) !== undefined;
  // Where nobody looks time passes all the same, when all of it is over: what is held is not held for ever.
  const readUpTo = isWatched || now <= row.monitorUntil ? looking.readUpTo : now;
  const standing = await standingOf(tx, { payment, row, readUpTo, now });
  const isUnwatched = !isWatched && standing.status === 'expired' && row.status !== 'expired';
  const said = isUnwatched ? { kind: 'expired' as const, reason: 'chain_not_watched' } : undefined;
  // What late money does is asked first: the price of now is nothing to wait for while rows are held.
  const stood = await applyStanding(tx, { payment, row, standing, ...(said && { said }), jobs, now });
  return { ...stood, wantsLate: standing.wantsLate };
}

/** What is known of it from its chain, where several are loaded at once. */
type Known = { transfers: readonly CryptoTransferRow[]; cursor: ChainCursorRow | undefined };
type Held = { payment: PaymentRow; row: CryptoPaymentRow; readUpTo?: Date | undefined; known?: Known; now: Date };

export async function standingOf(tx: Db, { payment, row, readUpTo, known, now }: Held): Promise<Standing> {
  const { tenantId, id: paymentId } = row;
  const transfers = known?.transfers ?? (await listTransfersOfPayment(tx, { tenantId, paymentId }));
  const cursor = known ? known.cursor : await findChainCursor(tx, row.chainId);
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
    syncedAt: later(readUpTo ?? row.createdAt, cursor?.syncedAt ?? row.createdAt),
    now,
  });
}
