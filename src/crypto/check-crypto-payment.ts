import { findPayment } from '#db/queries/payments.ts';
import type { PaymentState } from '#schemas/payments.ts';
import type { Ctx } from '../context.ts';
import { AppError, SERVICE_UNAVAILABLE } from '../lib/errors.ts';
import { presentPaymentState } from '../payments/present-payment.ts';
import { requireCrypto } from './steps/find-crypto.ts';
import { loadDetails } from './steps/load-details.ts';
import { takeNamed } from './steps/take-named.ts';
import { watchChain } from './watch-chain.ts';
import { lookAt } from './work-off-due.ts';

type Input = { trackingId: string; txHash?: string | undefined };

/** Looks at the chain now, and at the transaction that the payer names. */
export async function checkCryptoPayment(ctx: Ctx, { trackingId, txHash }: Input): Promise<PaymentState> {
  const { payment, row } = await requireCrypto(ctx.db, trackingId);
  const { tenantId, id: paymentId } = payment;
  const chain = ctx.deps.chains.find(row.chainId);
  if (!chain) throw new AppError(SERVICE_UNAVAILABLE, { reason: 'chain_unavailable' });
  const watching = { ...ctx.deps, db: ctx.db, clock: ctx.clock };
  await watchChain(watching, row.chainId);
  if (txHash !== undefined) await takeNamed(ctx, { row, chain, txHash });
  await lookAt(watching, { tenantId, paymentId });
  const now = (await findPayment(ctx.db, { tenantId, paymentId })) ?? payment;
  const crypto = await loadDetails(ctx.db, now);
  return { ...presentPaymentState(now), ...(crypto && { crypto }) };
}
