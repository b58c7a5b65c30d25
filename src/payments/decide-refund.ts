import type { Db } from '#db/client.ts';
import { setCryptoDue } from '#db/queries/crypto-payments.ts';
import { findPaymentForUpdate, type PaymentRow, updatePayment } from '#db/queries/payments.ts';
import { findRefund, findRefundById, type RefundRow, updateRefund } from '#db/queries/refunds.ts';
import type { Refund } from '#schemas/refunds.ts';
import { recordChange } from '../audit/record-change.ts';
import { type Ctx, withTx } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { REFUND_DECIDED } from './errors.ts';
import { findPaymentFor, requireAdmin } from './find-payment.ts';
import { presentRefund } from './present-refund.ts';
import { requireRoom } from './refund-payment.ts';
import { nextCheckAt, reserve } from './rules.ts';
import { applyRefund } from './steps/apply-refund.ts';
import { tryRefund } from './steps/make-refund.ts';
import { cardDepsOf } from './steps/start-card-payment.ts';

type Input = { refundId: string };

/** Grants what a buyer has asked for, if there is still as much left of the payment. Granted again it stays so. */
export async function approveRefund(ctx: Ctx, { refundId }: Input): Promise<Refund> {
  const { payment, refund } = await findDecidable(ctx, refundId);
  if (refund.status === 'declined') throw new AppError(REFUND_DECIDED, { status: refund.status });
  const granted = refund.status === 'requested' ? await grant(ctx, { payment, refund }) : refund;
  if (granted.status !== 'pending' || payment.provider === 'crypto') return presentRefund(granted);
  return presentRefund(await tryRefund(cardDepsOf(ctx), { payment, refund: granted }));
}

/** Refuses it. The buyer may ask again. One in crypto can be withdrawn until it was sent. */
export async function declineRefund(ctx: Ctx, { refundId }: Input): Promise<Refund> {
  const { payment, refund } = await findDecidable(ctx, refundId);
  if (refund.status === 'declined') return presentRefund(refund);
  if (payment.provider === 'crypto' && refund.status !== 'requested') return withdraw(ctx, refund);
  const { tenantId } = refund;
  const now = ctx.clock.now();
  return withTx(ctx, async (db) => {
    const change = { status: 'declined' as const };
    const row = await updateRefund(db, { tenantId, refundId, from: ['requested'], change, now });
    if (!row) return presentRefund(await findDecided(db, { refund, as: (status) => status === 'declined' }));
    const target = { type: 'refund', id: refundId };
    await recordChange(ctx, { db, tenantId, action: 'refund.declined', target, after: change, now });
    return presentRefund(row);
  });
}

/** What it held back of the payment is there again. The chain, which could not change the payment meanwhile, is looked at. */
function withdraw(ctx: Ctx, { tenantId, id: refundId, paymentId }: RefundRow): Promise<Refund> {
  const now = ctx.clock.now();
  const { jobs } = ctx.deps;
  return withTx(ctx, async (db) => {
    const payment = await findPaymentForUpdate(db, { tenantId, paymentId });
    const refund = await findRefund(db, { tenantId, refundId });
    if (!payment || !refund) throw new AppError(NOT_FOUND);
    if (refund.status === 'canceled') return presentRefund(refund);
    if (refund.status !== 'pending') throw new AppError(REFUND_DECIDED, { status: refund.status });
    const told = { id: null, status: 'canceled' as const, failureReason: null };
    const row = await applyRefund(db, { payment, refund, told, jobs, now });
    await setCryptoDue(db, [{ tenantId, paymentId }]);
    const target = { type: 'refund', id: refundId };
    await recordChange(ctx, { db, tenantId, action: 'refund.withdrawn', target, after: { status: row.status }, now });
    return presentRefund(row);
  });
}

async function findDecidable(ctx: Ctx, refundId: string): Promise<{ payment: PaymentRow; refund: RefundRow }> {
  const refund = await findRefundById(ctx.db, refundId);
  if (!refund) throw new AppError(NOT_FOUND);
  const found = await findPaymentFor(ctx, refund.paymentId);
  requireAdmin(found);
  return { payment: found.payment, refund };
}

async function grant(
  ctx: Ctx,
  { payment: seen, refund }: { payment: PaymentRow; refund: RefundRow },
): Promise<RefundRow> {
  const { tenantId, id: refundId, amount } = refund;
  const now = ctx.clock.now();
  return withTx(ctx, async (db) => {
    const payment = await findPaymentForUpdate(db, { tenantId, paymentId: seen.id });
    const checkAt = seen.provider === 'crypto' ? null : nextCheckAt({ createdAt: now, now });
    const change = { status: 'pending' as const, checkAt };
    const row = await updateRefund(db, { tenantId, refundId, from: ['requested'], change, now });
    if (!row) return findDecided(db, { refund, as: (status) => status !== 'declined' });
    requireRoom(payment ?? seen, amount);
    const held = reserve(payment ?? seen, { amount, now });
    await updatePayment(db, { tenantId, paymentId: seen.id, change: held, now });
    const target = { type: 'refund', id: refundId };
    const after = { status: 'approved', amount };
    await recordChange(ctx, { db, tenantId, action: 'refund.approved', target, after, now });
    return row;
  });
}

type Decided = { refund: RefundRow; as: (status: RefundRow['status']) => boolean };

/** Somebody was faster: what they decided stays, and is an answer only when it is the same. */
async function findDecided(db: Db, { refund: { tenantId, id: refundId }, as }: Decided): Promise<RefundRow> {
  const refund = await findRefund(db, { tenantId, refundId });
  if (!refund) throw new AppError(NOT_FOUND);
  if (!as(refund.status)) throw new AppError(REFUND_DECIDED, { status: refund.status });
  return refund;
}
