import { findPaymentByOnceKey, type PaymentRow } from '#db/queries/payments.ts';
import type { AskedCoupon, CreatedPayment, CreatePaymentBody } from '#schemas/payments.ts';
import { type Ctx, type UserActor, withTx } from '../context.ts';
import { withCoupons } from '../coupons/steps/with-coupons.ts';
import { QUOTE_OUTDATED } from '../crypto/errors.ts';
import { loadDetails } from '../crypto/steps/load-details.ts';
import { makeQuote } from '../crypto/steps/make-quote.ts';
import { openCrypto } from '../crypto/steps/open-crypto.ts';
import { onceKeyOf } from '../idempotency/rules.ts';
import { isUniqueViolation } from '../lib/database-errors.ts';
import { AppError } from '../lib/errors.ts';
import { presentPayment } from './present-payment.ts';
import { askedCoupons } from './rules.ts';
import { openPayment } from './steps/open-payment.ts';
import { cardDepsOf, startCardPayment } from './steps/start-card-payment.ts';

/**
 * A payment for products. Its row comes first, then the intent at the processor: what a crash leaves between the two is
 * finished by whoever repeats the request, else by a job.
 */
export async function createPayment(ctx: Ctx<UserActor>, body: CreatePaymentBody): Promise<CreatedPayment> {
  const payment = (await findBegun(ctx, body.tenantId)) ?? (await open(ctx, body));
  if (payment.provider === 'crypto') {
    const crypto = await loadDetails(ctx.db, payment, { withQrCode: true });
    return { payment: presentPayment(payment), ...(crypto && { crypto }) };
  }
  // What has failed or was canceled meanwhile is shown as it is.
  if (payment.provider === 'none' || payment.closedAt !== null) return { payment: presentPayment(payment) };
  const { payment: started, intent } = await startCardPayment(cardDepsOf(ctx), payment);
  const { id: paymentIntentId, clientSecret } = intent;
  const { publishableKey } = ctx.deps.cards;
  const { account: stripeAccountId } = started;
  const card = { clientSecret, paymentIntentId, publishableKey, stripeAccountId };
  return { payment: presentPayment(started), card };
}

async function findBegun(ctx: Ctx, tenantId: string): Promise<PaymentRow | undefined> {
  const once = onceKeyOf(ctx, tenantId);
  return once && findPaymentByOnceKey(ctx.db, once);
}

async function open(ctx: Ctx<UserActor>, body: CreatePaymentBody): Promise<PaymentRow> {
  const { onceKey } = ctx;
  const coupons = askedCoupons(body);
  if (coupons.some((one) => 'code' in one)) await ctx.takeGuess(ctx);
  const { userId } = ctx.actor;
  try {
    return await withCoupons(ctx, { tenantId: body.tenantId, userId, asked: coupons }, () =>
      body.method === 'crypto'
        ? openInCrypto(ctx, { ...body, coupons })
        : withTx(ctx, (tx) =>
            openPayment(tx, { ...body, coupons, userId, onceKey, baseUrl: ctx.baseUrl, now: ctx.clock.now() }),
          ),
    );
  } catch (error) {
    const begun = isUniqueViolation(error, 'payments_once_key') && (await findBegun(ctx, body.tenantId));
    if (begun) return begun;
    throw error;
  }
}

const QUOTES = 3;
type CryptoOrder = CreatePaymentBody & { coupons: AskedCoupon[] };

/** Quoted and made in one. What the quote counted with may be gone meanwhile, such as credit: then there is another quote. */
async function openInCrypto(ctx: Ctx<UserActor>, order: CryptoOrder): Promise<PaymentRow> {
  for (let quotes = 1; ; quotes += 1) {
    try {
      return await quoteAndOpen(ctx, order);
    } catch (error) {
      const isOutdated = error instanceof AppError && error.code === QUOTE_OUTDATED.code;
      if (!isOutdated || quotes === QUOTES) throw error;
    }
  }
}

async function quoteAndOpen(ctx: Ctx<UserActor>, order: CryptoOrder): Promise<PaymentRow> {
  const { db, deps, baseUrl, onceKey, actor } = ctx;
  const { chains, rates, receivingKeys, jobs } = deps;
  const now = ctx.clock.now();
  const quote = await makeQuote({ db, chains, rates }, { ...order, userId: actor.userId, now });
  return withTx(ctx, (tx) => openCrypto(tx, { quote, receivingKeys, jobs, baseUrl, onceKey, now }));
}
