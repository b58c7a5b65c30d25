import { findChainCursor } from '#db/queries/chain-cursors.ts';
import { type CryptoPaymentRow, type DueCrypto, listDueCrypto, setCryptoDue } from '#db/queries/crypto-payments.ts';
import { findCryptoSettings } from '#db/queries/crypto-settings.ts';
import type { PaymentRow } from '#db/queries/payments.ts';
import { type Deps, withTx } from '../context.ts';
import { eachOf } from '../lib/each-of.ts';
import { canTakeLate, computePayUnits } from './amount-rules.ts';
import { requireRate } from './steps/find-rate.ts';
import { standPayment } from './steps/stand-payment.ts';

type Working = Pick<Deps, 'db' | 'rates' | 'jobs' | 'clock' | 'log'>;
type Key = { tenantId: string; paymentId: string };

const BATCH = 500;

/** Brings every payment that the last blocks concern to where it is now, each in a transaction of its own. */
export async function workOffDue(deps: Working, chainId: number): Promise<void> {
  const blockNumber = (await findChainCursor(deps.db, chainId))?.blockNumber;
  if (blockNumber === undefined) return;
  let after: DueCrypto | undefined;
  for (;;) {
    // Each once in a turn, whatever becomes of it: what cannot be looked at now does not stand before the others.
    const due = await listDueCrypto(deps.db, { chainId, blockNumber, after, limit: BATCH });
    await eachOf(due, (key) => tryOne(deps, key));
    if (due.length < BATCH) return;
    after = due.at(-1);
  }
}

// One that fails does not hold up the others: it stays due.
async function tryOne(deps: Working, key: Key): Promise<void> {
  try {
    await lookAt(deps, key);
  } catch (err) {
    deps.log.warn({ err, paymentId: key.paymentId }, 'a payment in crypto could not be looked at');
  }
}

/** How it stands now; late money that the brand takes is weighed at the price of now. */
export async function lookAt(deps: Working, key: Key): Promise<PaymentRow> {
  const { jobs } = deps;
  const now = deps.clock.now();
  const stood = await withTx(deps, (tx) => standPayment(tx, { ...key, jobs, now }));
  if (!stood.wantsLate) return stood.payment;
  const isLateTaken = await weigh(deps, { ...stood, now });
  if (isLateTaken === null) {
    await setCryptoDue(deps.db, [key]);
    return stood.payment;
  }
  return (await withTx(deps, (tx) => standPayment(tx, { ...key, isLateTaken, jobs, now }))).payment;
}

type Late = { payment: PaymentRow; row: CryptoPaymentRow; now: Date };

/** Whether it still is worth the price; null where nobody can say that now. */
async function weigh({ db, rates, log }: Working, { payment, row, now }: Late): Promise<boolean | null> {
  const { withinBps } = row.policies.late;
  if (withinBps === undefined) return true;
  const settings = await findCryptoSettings(db, row.tenantId);
  const asset = settings?.assets.find((one) => one.chainId === row.chainId && one.contract === row.contract);
  if (!asset) return false;
  const { amount, currency } = payment;
  try {
    const { rate } = await requireRate(rates, { source: asset.rate, asset: asset.asset, currency, now });
    const priceNow = computePayUnits({ ...asset, amount, currency, rate });
    return canTakeLate({ paid: row.confirmedUnits + row.creditUnits, priceNow, withinBps });
  } catch (err) {
    log.warn({ err, paymentId: payment.id }, 'late money could not be weighed');
    return null;
  }
}
