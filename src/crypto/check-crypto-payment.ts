import { setTimeout } from 'node:timers/promises';
import { findPayment } from '#db/queries/payments.ts';
import type { PaymentState } from '#schemas/payments.ts';
import type { Ctx } from '../context.ts';
import { AppError, SERVICE_UNAVAILABLE } from '../lib/errors.ts';
import { presentPaymentState } from '../payments/present-payment.ts';
import { lookAtChain } from './look-at-chain.ts';
import { requireCrypto } from './steps/find-crypto.ts';
import { loadDetails } from './steps/load-details.ts';
import { takeNamed } from './steps/take-named.ts';
import { lookAt } from './work-off-due.ts';

const PATIENCE_MS = 5_000;

type Input = { trackingId: string; txHash?: string | undefined };

/** Looks at the chain now, and at the transaction that the payer names. */
export async function checkCryptoPayment(ctx: Ctx, { trackingId, txHash }: Input): Promise<PaymentState> {
  const { deps, db, clock } = ctx;
  const { payment, row } = await requireCrypto(db, trackingId);
  const { tenantId, id: paymentId } = payment;
  const chain = deps.chains.find(row.chainId);
  if (!chain) throw new AppError(SERVICE_UNAVAILABLE, { reason: 'chain_not_watched' });
  const isRead = await lookAtChain(deps, chain);
  if (txHash !== undefined) await inTime(takeNamed(ctx, { row, chain, txHash }));
  // What is settled changes with blocks alone, and those say when it is due.
  if (row.status !== 'settled' || txHash !== undefined) {
    const readUpTo = isRead ? clock.now() : undefined;
    await lookAt({ ...deps, db, clock }, { tenantId, paymentId, readUpTo });
  }
  const now = (await findPayment(db, { tenantId, paymentId })) ?? payment;
  const crypto = await loadDetails(db, now);
  return { ...presentPaymentState(now), ...(crypto && { crypto }) };
}

/** A node that does not answer is not waited for until whoever asks has gone. */
async function inTime(work: Promise<void>): Promise<void> {
  work.catch(() => undefined);
  const isDone = await Promise.race([work.then(() => true), setTimeout(PATIENCE_MS, false, { ref: false })]);
  if (!isDone) throw new AppError(SERVICE_UNAVAILABLE, { reason: 'chain_unavailable' });
}
