import {
  findCryptoPayment,
  findCryptoPaymentForUpdate,
  insertTimeline,
  updateCryptoPayment,
} from '#db/queries/crypto-payments.ts';
import {
  type CryptoRefundRow,
  listMissingReturns,
  listRecordedIn,
  reverseReturn,
  setReturnFound,
} from '#db/queries/crypto-refunds.ts';
import { findPaymentForUpdate, type PaymentRow } from '#db/queries/payments.ts';
import { findRefund } from '#db/queries/refunds.ts';
import type { ChainTransaction } from '../clients/chain-parts.ts';
import type { Chain } from '../clients/chains.ts';
import { type Deps, withTx } from '../context.ts';
import { newId } from '../lib/ids.ts';
import { addSeconds } from '../lib/time.ts';
import { applyRefund } from '../payments/steps/apply-refund.ts';
import { oweCredit } from './steps/owe-credit.ts';
import { standPayment } from './steps/stand-payment.ts';

type Checking = Pick<Deps, 'db' | 'jobs' | 'clock' | 'log'>;

/** So long what was sent back, and was undone by a reorganisation, counts though it is in no block (seconds). */
const COMES_AGAIN = 3_600;

/** Looks for what brands sent back, and a reorganisation took: mostly it stands in another block soon. */
export async function checkReturns(deps: Checking, chain: Chain): Promise<void> {
  for (const one of await listMissingReturns(deps.db, chain.chainId)) {
    const found = await chain.transaction(one.txHash);
    const logIndex = found && (await logIndexIn(deps, { missing: one, found }));
    if (found && logIndex !== null) await setReturnFound(deps.db, { ...one, blockNumber: found.blockNumber, logIndex });
    else await giveUp(deps, one);
  }
}

type Looking = { missing: CryptoRefundRow; found: ChainTransaction };

/** Where the transfer is in its transaction now: the index of a log is that in its block. Null where it is not any more. */
async function logIndexIn({ db }: Checking, { missing, found }: Looking): Promise<number | null> {
  const { tenantId, paymentId, chainId, txHash, destination, units } = missing;
  const payment = await findCryptoPayment(db, { tenantId, paymentId });
  const alike = found.transfers
    .filter((one) => one.to === destination && one.units === units && one.contract === payment?.contract)
    .map(({ logIndex }) => logIndex);
  if (alike.includes(missing.logIndex)) return missing.logIndex;
  const recorded = await listRecordedIn(db, { tenantId, chainId, txHash });
  return alike.find((logIndex) => !recorded.includes(logIndex)) ?? null;
}

async function giveUp({ db, jobs, clock }: Checking, missing: CryptoRefundRow): Promise<void> {
  const now = clock.now();
  const { tenantId, paymentId, missingAt } = missing;
  if (missingAt === null || addSeconds(missingAt, COMES_AGAIN) > now) return;
  await withTx({ db }, async (tx) => {
    const payment = await findPaymentForUpdate(tx, { tenantId, paymentId });
    if (!payment || !(await reverseReturn(tx, { ...missing, now }))) return;
    if (missing.refundId === null) await oweAgain(tx, { payment, missing, now });
    else await failRefund(tx, { payment, refundId: missing.refundId, jobs, now });
    const data = { txHash: missing.txHash, refundId: missing.refundId };
    const entry = { id: newId(), paymentId, kind: 'reversed' as const, data };
    await insertTimeline(tx, { tenantId, createdAt: now, entries: [entry] });
    await standPayment(tx, { tenantId, paymentId, jobs, now });
  });
}

type Tx = Parameters<typeof standPayment>[0];
type Owing = { payment: PaymentRow; missing: CryptoRefundRow; now: Date };

async function oweAgain(tx: Tx, { payment, missing, now }: Owing): Promise<void> {
  const { tenantId, paymentId, units } = missing;
  const before = await findCryptoPaymentForUpdate(tx, { tenantId, paymentId });
  if (!before) throw new Error('a payment is gone');
  const change = { returnedUnits: before.returnedUnits - units, updatedAt: now };
  const row = await updateCryptoPayment(tx, { tenantId, paymentId, change });
  await oweCredit(tx, { before, row, userId: payment.userId, now });
}

type Failing = { payment: PaymentRow; refundId: string; jobs: Deps['jobs']; now: Date };

async function failRefund(tx: Tx, { payment, refundId, jobs, now }: Failing): Promise<void> {
  const refund = await findRefund(tx, { tenantId: payment.tenantId, refundId });
  if (!refund) throw new Error('a refund is gone');
  const told = { id: null, status: 'failed' as const, failureReason: 'reorganised' };
  await applyRefund(tx, { payment, refund, told, jobs, now });
}
