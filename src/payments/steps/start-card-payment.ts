import { findPaymentForUpdate, type PaymentRow, setPaymentIntent } from '#db/queries/payments.ts';
import type { CardIntent, CardRefused } from '../../clients/card-payments.ts';
import { type Ctx, type Deps, withTx } from '../../context.ts';
import { AppError } from '../../lib/errors.ts';
import { PAYMENT_REFUSED } from '../errors.ts';
import { nextCheckAt } from '../rules.ts';
import { closePayment } from './close-payment.ts';
import { ensureCustomer } from './ensure-customer.ts';

export type CardDeps = Pick<Deps, 'db' | 'cards' | 'jobs' | 'clock'>;
/** What the request's own steps run on. */
export function cardDepsOf({ db, clock, deps: { cards, jobs } }: Pick<Ctx, 'db' | 'clock' | 'deps'>): CardDeps {
  return { db, clock, cards, jobs };
}

export type Started = { payment: PaymentRow; intent: CardIntent };

/**
 * Makes the intent of an open payment at the processor, or finds it: the payment's id is the idempotency key, so that
 * whoever goes on after a crash gets the same one.
 */
export async function startCardPayment(deps: CardDeps, payment: PaymentRow): Promise<Started> {
  const { account, intentId } = payment;
  if (intentId !== null) return { payment, intent: await deps.cards.findIntent({ account, intentId }) };
  const intent = await createIntent(deps, payment);
  return { payment: await keepIntent(deps, { payment, intent }), intent };
}

async function createIntent(deps: CardDeps, payment: PaymentRow): Promise<CardIntent> {
  const { tenantId, id, userId, account, amount, currency, items } = payment;
  try {
    const customerId = await ensureCustomer(deps, { tenantId, userId, account });
    return await deps.cards.createIntent({
      account,
      idempotencyKey: `payment-${id}-1`,
      amount,
      currency,
      customerId,
      description: items
        .map(({ name, quantity }) => `${quantity} × ${name}`)
        .join(', ')
        .slice(0, 500)
        .toWellFormed(),
      metadata: { tenantId, paymentId: id },
    });
  } catch (error) {
    const refusal = deps.cards.refusalOf(error);
    if (!refusal) throw error;
    await refuse(deps, { payment, refusal });
    throw new AppError(PAYMENT_REFUSED, { code: refusal.code });
  }
}

type Refused = { payment: PaymentRow; refusal: CardRefused };

async function refuse(deps: CardDeps, { payment, refusal }: Refused): Promise<void> {
  const now = deps.clock.now();
  const failure = { code: refusal.code ?? 'refused', message: refusal.message };
  await withTx(deps, async (tx) => {
    const row = await findPaymentForUpdate(tx, { tenantId: payment.tenantId, paymentId: payment.id });
    if (row && row.closedAt === null && row.intentId === null) {
      await closePayment(tx, { payment: row, status: 'failed', failure, jobs: deps.jobs, now });
    }
  });
}

async function keepIntent(deps: CardDeps, { payment, intent }: Started): Promise<PaymentRow> {
  const { tenantId, id: paymentId, account, createdAt } = payment;
  const now = deps.clock.now();
  const checkAt = nextCheckAt({ createdAt, now });
  const isKept = await setPaymentIntent(deps.db, { tenantId, paymentId, intentId: intent.id, checkAt, now });
  if (isKept) return { ...payment, intentId: intent.id, checkAt, updatedAt: now };
  const row = await withTx(deps, (tx) => findPaymentForUpdate(tx, { tenantId, paymentId }));
  if (!row) throw new Error('a payment is gone');
  // Closed meanwhile: nobody shall pay it.
  if (row.intentId === null) await deps.cards.cancelIntent({ account, intentId: intent.id });
  return row;
}
