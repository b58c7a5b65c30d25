import type { Db } from '#db/client.ts';
import type { Jobs } from '#db/jobs.ts';
import { type CryptoPaymentRow, insertTimeline, saveCryptoStanding } from '#db/queries/crypto-payments.ts';
import { type PaymentRow, saveCryptoSide, updatePayment } from '#db/queries/payments.ts';
import type { CryptoState, TimelineKind } from '#schemas/crypto-payments.ts';
import type { PaymentStatus } from '#schemas/payments.ts';
import { takeBackEffects } from '../../effects/take-back-effects.ts';
import { recordEvent } from '../../events/record-event.ts';
import { newId } from '../../lib/ids.ts';
import { presentPayment } from '../../payments/present-payment.ts';
import { closePayment } from '../../payments/steps/close-payment.ts';
import { settlePayment } from '../../payments/steps/settle-payment.ts';
import { presentSummary } from '../present-crypto.ts';
import { enoughOf, type Standing } from '../standing-rules.ts';
import { oweCredit } from './owe-credit.ts';
import { reopenPayment } from './reopen-payment.ts';
import { releaseCredit } from './take-credit.ts';

type Applying = {
  payment: PaymentRow;
  row: CryptoPaymentRow;
  standing: Standing;
  /** What its history says of it, where that is not in the sums. */
  said?: { kind: TimelineKind; reason?: string };
  jobs: Jobs;
  now: Date;
};
type Applied = { payment: PaymentRow; row: CryptoPaymentRow };

/** Saves how a payment stands, and does what that means for what it gives. The caller holds the payment's row. */
export async function applyStanding(tx: Db, applying: Applying): Promise<Applied> {
  const { payment, row, standing, jobs, now } = applying;
  const isOpening = standing.status === 'settled' && payment.closedAt !== null && payment.status !== 'succeeded';
  if (!isOpening) return save(tx, applying);
  // Whoever says that it is paid does not mean credit that it has given back.
  const creditUnits = row.isMarked ? 0n : row.creditUnits;
  const opened = await reopenPayment(tx, { payment, row, creditUnits, baseUrl: jobs.baseUrl, now });
  const { lostUnits } = standing;
  const taken = { ...standing, lostUnits: lostUnits - creditUnits };
  return opened ? save(tx, { ...applying, payment: opened, standing: taken }) : refuseLate(tx, applying);
}

/** The money is there, but what was to be had for it is gone: it is owed. */
function refuseLate(tx: Db, applying: Applying): Promise<Applied> {
  const { row, standing } = applying;
  const owedAs = row.policies.late.action === 'credit' ? ('credit' as const) : ('refund' as const);
  const owed = { status: row.status, owedUnits: standing.confirmedUnits, owedAs };
  const late = { ...standing, ...owed, additionalStatus: 'late' as const };
  return save(tx, { ...applying, row: { ...row, isLateTaken: false }, standing: late, said: { kind: 'late_refused' } });
}

async function save(tx: Db, { payment, row: before, standing, said, jobs, now }: Applying): Promise<Applied> {
  const { tenantId, id: paymentId } = before;
  const { checkAt, wantsLate: _wantsLate, ...sums } = standing;
  const lostUnits = await creditLostOf(tx, { before, standing, now });
  const row = { ...before, ...sums, lostUnits, updatedAt: now };
  await saveCryptoStanding(tx, row);
  await oweCredit(tx, { before, row, userId: payment.userId, now });
  const crypto = presentSummary(row, payment.crypto?.address ?? row.address);
  const isOpen = payment.closedAt === null;
  const status = isOpen ? (OPEN_STATUS[row.status] ?? payment.status) : payment.status;
  const side = { crypto, status, checkAt: isOpen ? (checkAt ?? now) : payment.checkAt };
  const held = await saveCryptoSide(tx, { tenantId, paymentId, ...side, now });
  const moved = await move(tx, { payment: held, row, jobs, now });
  const { kind, ...why } = said ?? { kind: kindOf(before, row) };
  if (kind) {
    const { additionalStatus, paidUnits } = row;
    const data = { status: row.status, additionalStatus, paidUnits: paidUnits.toString(), ...why };
    await insertTimeline(tx, { tenantId, createdAt: now, entries: [{ id: newId(), paymentId, kind, data }] });
  }
  return { payment: moved, row };
}

type Ending = { before: CryptoPaymentRow; standing: Standing; now: Date };

/** What comes to nothing gives back the credit that it has taken, and has no claim to what of that was lost. */
async function creditLostOf(tx: Db, { before, standing, now }: Ending): Promise<bigint> {
  const { tenantId, id: paymentId, creditUnits } = before;
  const isOver = standing.status === 'expired' || standing.status === 'invalid';
  if (!isOver || creditUnits === 0n) return standing.lostUnits;
  await releaseCredit(tx, { tenantId, paymentId, now });
  return creditUnits;
}

/** What the status of an open payment is then. */
const OPEN_STATUS: Partial<Record<CryptoState, PaymentStatus>> = { new: 'pending', processing: 'processing' };

type Moving = { payment: PaymentRow; row: CryptoPaymentRow; jobs: Jobs; now: Date };

async function move(tx: Db, { payment, row, jobs, now }: Moving): Promise<PaymentRow> {
  const { status } = row;
  if (status === 'settled') {
    return payment.status === 'succeeded' ? payment : settlePayment(tx, { payment, now });
  }
  const open = payment.status === 'succeeded' ? await revert(tx, { payment, row, jobs, now }) : payment;
  if (open.closedAt !== null) return open;
  if (status === 'expired') return closePayment(tx, { payment: open, status: 'expired', jobs, now });
  if (status === 'invalid') {
    const failure = { code: 'marked_invalid', message: 'The brand does not take what was paid.' };
    return closePayment(tx, { payment: open, status: 'failed', failure, jobs, now });
  }
  return open;
}

/**
 * The money was there and is gone: a reorganisation. What was given is taken back; stock and coupons stay held, as the same
 * money mostly comes again.
 */
async function revert(tx: Db, { payment, row, jobs, now }: Moving): Promise<PaymentRow> {
  const { tenantId, id: paymentId } = row;
  const cause = { tenantId, causeType: 'payment' as const, causeId: paymentId };
  await takeBackEffects(tx, { ...cause, by: 'reorganisation', except: ['stock', 'coupon'], jobs, now });
  const status = row.status === 'processing' ? ('processing' as const) : ('pending' as const);
  const change = { status, succeededAt: null, closedAt: null, checkAt: now, version: payment.version + 1 };
  const open = await updatePayment(tx, { tenantId, paymentId, change, now });
  const data = presentPayment(open);
  await recordEvent(tx, { tenantId, type: 'payment.reversed', objectId: paymentId, data, now });
  return open;
}

/** What is worth a line of its history. */
function kindOf(before: CryptoPaymentRow, row: CryptoPaymentRow): TimelineKind | null {
  if (before.status === row.status) return null;
  if (before.status === 'settled') return 'reversed';
  const payUnits = row.payUnits + row.lostUnits;
  if (row.status === 'new') return row.paidUnits < enoughOf({ ...row, payUnits }) ? 'reversed' : null;
  return row.status;
}
