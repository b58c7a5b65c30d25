import { type PaymentRow, setPaymentCheck, takeDuePayments } from '#db/queries/payments.ts';
import { type Deps, withTx } from '../context.ts';
import { standPayment } from '../crypto/steps/stand-payment.ts';
import { eachOf } from '../lib/each-of.ts';
import { AppError, SERVICE_UNAVAILABLE } from '../lib/errors.ts';
import { addSeconds, earlier } from '../lib/time.ts';
import { nextCheckAt } from './rules.ts';
import { endOpenPayment } from './steps/end-open-payment.ts';
import { startCardPayment } from './steps/start-card-payment.ts';
import { syncPayment } from './sync-payment.ts';

const BATCH = 50;
const TAKEN_SECONDS = 60;

/**
 * The sweeper of payments: makes the intents that a crash left out, asks how those stand of which nothing was heard, and
 * ends those whose time is over. Says how many it looked at.
 */
export async function checkPayments(deps: Deps): Promise<number> {
  const now = deps.clock.now();
  const due = await takeDuePayments(deps.db, { now, until: addSeconds(now, TAKEN_SECONDS), limit: BATCH });
  await eachOf(due, async (payment) => {
    try {
      await checkPayment(deps, payment);
    } catch (err) {
      deps.log.warn({ err, paymentId: payment.id }, 'a payment could not be checked');
      // A processor that is out of reach is asked again in a minute: what the payment holds waits for it.
      const isPassing = err instanceof AppError && err.code === SERVICE_UNAVAILABLE.code;
      if (!isPassing) await putOff(deps, payment);
    }
  });
  return due.length;
}

async function checkPayment(deps: Deps, payment: PaymentRow): Promise<void> {
  const now = deps.clock.now();
  if (payment.provider === 'crypto') return checkCrypto(deps, { payment, now });
  const { expiresAt } = payment;
  const isOver = expiresAt !== null && expiresAt <= now && payment.status !== 'processing';
  await (isOver ? endOpenPayment(deps, { payment, status: 'expired' }) : look(deps, payment));
  await putOff(deps, payment);
}

async function putOff(deps: Deps, { tenantId, id: paymentId, expiresAt, createdAt }: PaymentRow): Promise<void> {
  const now = deps.clock.now();
  const next = nextCheckAt({ createdAt, now });
  const checkAt = expiresAt !== null && expiresAt > now ? earlier(next, expiresAt) : next;
  await setPaymentCheck(deps.db, { tenantId, paymentId, checkAt });
}

async function look(deps: Deps, payment: PaymentRow): Promise<void> {
  if (payment.intentId === null) await startCardPayment(deps, payment);
  else await syncPayment(deps, payment);
}

/** Its time is over: what the chain shows decides, as far as that is read. When it is looked at next is said there. */
async function checkCrypto(deps: Deps, { payment, now }: { payment: PaymentRow; now: Date }): Promise<void> {
  const { tenantId, id: paymentId } = payment;
  const { chains, jobs } = deps;
  await withTx(deps, (tx) => standPayment(tx, { tenantId, paymentId, chains, jobs, now }));
}
