import { type CryptoQuoteRow, findCryptoQuoteById } from '#db/queries/crypto-quotes.ts';
import { findPayment } from '#db/queries/payments.ts';
import type { CreatedCryptoPayment } from '#schemas/crypto-orders.ts';
import { type Ctx, type UserActor, withTx } from '../context.ts';
import { withCoupons } from '../coupons/steps/with-coupons.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { METHOD_UNAVAILABLE } from '../payments/errors.ts';
import { presentPayment } from '../payments/present-payment.ts';
import { QUOTE_USED } from './errors.ts';
import { loadDetails } from './steps/load-details.ts';
import { openCrypto } from './steps/open-crypto.ts';

/** A payment from a quote. */
export async function createCryptoPayment(
  ctx: Ctx<UserActor>,
  { quoteId }: { quoteId: string },
): Promise<CreatedCryptoPayment> {
  const { actor, baseUrl, onceKey, deps } = ctx;
  const quote = await findCryptoQuoteById(ctx.db, quoteId);
  if (quote?.userId !== actor.userId) throw new AppError(NOT_FOUND);
  if (quote.paymentId !== null) await refuseUsed(ctx, quote);
  const { tenantId, userId, order, asset } = quote;
  // Taken from the service since: nobody would see the money.
  if (!deps.chains.find(asset.chainId)) throw new AppError(METHOD_UNAVAILABLE);
  const { receivingKeys, jobs } = deps;
  const payment = await withCoupons(ctx, { tenantId, userId, asked: order.coupons }, () =>
    withTx(ctx, (tx) => openCrypto(tx, { quote, receivingKeys, jobs, baseUrl, onceKey, now: ctx.clock.now() })),
  );
  const crypto = await loadDetails(ctx.db, payment, { withQrCode: true });
  return { payment: presentPayment(payment), ...(crypto && { crypto }) };
}

async function refuseUsed(ctx: Ctx, { tenantId, paymentId }: CryptoQuoteRow): Promise<never> {
  const payment = paymentId === null ? undefined : await findPayment(ctx.db, { tenantId, paymentId });
  throw new AppError(QUOTE_USED, { trackingId: payment?.trackingId });
}
