import { findChainCursor } from '#db/queries/chain-cursors.ts';
import { type CryptoPaymentRow, type DueCrypto, listDueCrypto, setCryptoDue } from '#db/queries/crypto-payments.ts';
import { findCryptoSettings } from '#db/queries/crypto-settings.ts';
import type { PaymentRow } from '#db/queries/payments.ts';
import { type Deps, withTx } from '../context.ts';
import { eachOf } from '../lib/each-of.ts';
import { canTakeLate, computePayUnits } from './amount-rules.ts';
import { requireRate } from './steps/find-rate.ts';
import { standPayment } from './steps/stand-payment.ts';
import { standWaiting } from './steps/stand-waiting.ts';

type Working = Pick<Deps, 'db' | 'chains' | 'rates' | 'jobs' | 'clock' | 'log'>;
type Key = { tenantId: string; paymentId: string };
/** `readUpTo`: up to when the chain is read, where whoever asks knows better than its cursor. */
type Looked = Key & { readUpTo?: Date | undefined };

const BATCH = 500;
/** So many are looked at in one transaction while they only wait. */
const TOGETHER = 25;
const WORKERS = 8;
const MOST_LOOKS = 3;

/** How often each was looked at in this turn: one that fails is not tried again. */
type Looks = Map<string, number>;
type Turn = { chainId: number; blockNumber: number; looks: Looks };

/**
 * Brings every payment that the last blocks concern to where it is now: what gives or takes something each in a transaction of
 * its own, what only waits in groups. Looking at one may make another due, such as one that was paid with its credit.
 */
export async function workOffDue(deps: Working, chainId: number): Promise<void> {
  const blockNumber = (await findChainCursor(deps.db, chainId))?.blockNumber;
  if (blockNumber === undefined) return;
  const looks: Looks = new Map();
  while ((await workOffOnce(deps, { chainId, blockNumber, looks })) > 0);
}

async function workOffOnce(deps: Working, { chainId, blockNumber, looks }: Turn): Promise<number> {
  let count = 0;
  let after: DueCrypto | undefined;
  for (;;) {
    const due = await listDueCrypto(deps.db, { chainId, blockNumber, after, limit: BATCH });
    // What cannot be looked at now does not stand before the others.
    const open = due.filter(({ paymentId }) => (looks.get(paymentId) ?? 0) < MOST_LOOKS);
    await eachOf(groupsOf(open), (keys) => tryTogether(deps, { chainId, keys, looks }));
    count += open.length;
    if (due.length < BATCH) return count;
    after = due.at(-1);
  }
}

function groupsOf(keys: readonly Key[]): Key[][] {
  const size = Math.min(TOGETHER, Math.max(1, Math.ceil(keys.length / WORKERS)));
  return Array.from({ length: Math.ceil(keys.length / size) }, (_, index) =>
    keys.slice(index * size, (index + 1) * size),
  );
}

type Group = { chainId: number; keys: readonly Key[]; looks: Looks };

// Where one of them fails each is tried alone.
async function tryTogether(deps: Working, { chainId, keys, looks }: Group): Promise<void> {
  const { jobs, chains } = deps;
  const now = deps.clock.now();
  for (const { paymentId } of keys) looks.set(paymentId, (looks.get(paymentId) ?? 0) + 1);
  const isTogether = keys.length > 1 && chains.find(chainId) !== undefined;
  const left = isTogether
    ? await withTx(deps, (tx) => standWaiting(tx, { chainId, keys, jobs, now })).catch(() => keys)
    : keys;
  for (const key of left) {
    if (!(await isLookedAt(deps, key))) looks.set(key.paymentId, MOST_LOOKS);
  }
}

// One that fails does not hold up the others: it stays due.
async function isLookedAt(deps: Working, key: Key): Promise<boolean> {
  try {
    await lookAt(deps, key);
    return true;
  } catch (err) {
    deps.log.warn({ err, paymentId: key.paymentId }, 'a payment in crypto could not be looked at');
    return false;
  }
}

/** How it stands now; late money that the brand takes is weighed at the price of now. */
export async function lookAt(deps: Working, { readUpTo, ...key }: Looked): Promise<PaymentRow> {
  const { chains, jobs } = deps;
  const now = deps.clock.now();
  const looking = { ...key, readUpTo, chains, jobs, now };
  const stood = await withTx(deps, (tx) => standPayment(tx, looking));
  if (!stood.wantsLate) return stood.payment;
  const isLateTaken = await weigh(deps, { ...stood, now });
  if (isLateTaken === null) {
    await setCryptoDue(deps.db, [key]);
    return stood.payment;
  }
  return (await withTx(deps, (tx) => standPayment(tx, { ...looking, isLateTaken }))).payment;
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
