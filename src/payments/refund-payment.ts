import { findPaymentForUpdate, type PaymentRow, updatePayment } from '#db/queries/payments.ts';
import { findRefundByOnceKey, insertRefund, type RefundRow } from '#db/queries/refunds.ts';
import type { Refund, RefundPreview, RefundStatus } from '#schemas/refunds.ts';
import { recordChange } from '../audit/record-change.ts';
import { type Ctx, withTx } from '../context.ts';
import { previewEffects } from '../effects/preview-effects.ts';
import { onceKeyOf } from '../idempotency/rules.ts';
import { isUniqueViolation } from '../lib/database-errors.ts';
import { AppError, FORBIDDEN } from '../lib/errors.ts';
import { newId } from '../lib/ids.ts';
import { PAYMENT_NOT_REFUNDABLE, REFUND_EXCEEDS_PAYMENT, REFUND_REQUESTED } from './errors.ts';
import { findPaymentFor } from './find-payment.ts';
import { presentRefund } from './present-refund.ts';
import { decideRefund, nextCheckAt, reserve } from './rules.ts';
import { tryRefund } from './steps/make-refund.ts';
import { cardDepsOf } from './steps/start-card-payment.ts';

type Input = { paymentId: string; amount?: number | undefined; reason?: string | undefined };
export type Outcome =
  | { kind: 'preview'; data: RefundPreview }
  | { kind: 'requested' | 'made'; data: { refund: Refund } };
type Refunding = Input & { isDecided: boolean };

/**
 * Gives money back: at once when an admin asks; a buyer's request waits for one. What is asked for is held back of the
 * payment under its lock before the processor is called, so that all refunds together never exceed it.
 */
export async function refundPayment(
  ctx: Ctx,
  { dryRun, ...input }: Input & { dryRun?: boolean | undefined },
): Promise<Outcome> {
  if (dryRun) return { kind: 'preview', data: await previewRefund(ctx, input) };
  const { payment, isBuyer, can } = await findPaymentFor(ctx, input.paymentId);
  const isDecided = can('admin');
  if (!isDecided && !isBuyer) throw new AppError(FORBIDDEN);
  const refund = (await findBegun(ctx, payment)) ?? (await begin(ctx, { ...input, isDecided, payment }));
  if (!isDecided) return { kind: 'requested', data: { refund: presentRefund(refund) } };
  // Crypto the brand sends back from its own wallet, and says so.
  const isToBeMade = refund.status === 'pending' && payment.provider !== 'crypto';
  const made = isToBeMade ? await tryRefund(cardDepsOf(ctx), { payment, refund }) : refund;
  return { kind: 'made', data: { refund: presentRefund(made) } };
}

/** What the refund would do, without doing it. */
async function previewRefund(ctx: Ctx, { paymentId, amount: asked }: Input): Promise<RefundPreview> {
  const { payment, isBuyer, can } = await findPaymentFor(ctx, paymentId);
  if (!can('admin') && !isBuyer) throw new AppError(FORBIDDEN);
  const { amount, isFull } = requireRoom(payment, asked);
  const { tenantId, currency } = payment;
  const given = isFull ? await previewEffects(ctx.db, { tenantId, causeType: 'payment', causeId: paymentId }) : [];
  const effects = given.map(({ kind, targetId, quantity }) => ({ kind, targetId, quantity }));
  return { dryRun: true, amount, currency, isFull, effects };
}

async function findBegun(ctx: Ctx, { tenantId }: PaymentRow): Promise<RefundRow | undefined> {
  const once = onceKeyOf(ctx, tenantId);
  return once && findRefundByOnceKey(ctx.db, once);
}

async function begin(ctx: Ctx, input: Refunding & { payment: PaymentRow }): Promise<RefundRow> {
  try {
    return await withTx(ctx, (tx) => insert({ ...ctx, db: tx }, input));
  } catch (error) {
    if (isUniqueViolation(error, 'refunds_requested_key')) throw new AppError(REFUND_REQUESTED);
    const begun = isUniqueViolation(error, 'refunds_once_key') && (await findBegun(ctx, input.payment));
    if (begun) return begun;
    throw error;
  }
}

async function insert(
  ctx: Ctx,
  { payment: seen, amount: asked, reason: why, isDecided }: Refunding & { payment: PaymentRow },
) {
  const { db, actor, onceKey } = ctx;
  const { tenantId, id: paymentId, currency } = seen;
  const reason = why ?? null;
  const now = ctx.clock.now();
  const payment = await findPaymentForUpdate(db, { tenantId, paymentId });
  const { amount } = requireRoom(payment ?? seen, asked);
  const status: RefundStatus = isDecided ? 'pending' : 'requested';
  const isLookedAt = isDecided && seen.provider !== 'crypto';
  const checkAt = isLookedAt ? nextCheckAt({ createdAt: now, now }) : null;
  const askedBy = actor.type === 'user' ? actor.userId : null;
  const what = { tenantId, id: newId(), paymentId, amount, currency, status, reason, askedBy, onceKey, checkAt };
  const refund = await insertRefund(db, { ...what, createdAt: now, updatedAt: now });
  if (!isDecided) return refund;
  const change = reserve(payment ?? seen, { amount, now });
  await updatePayment(db, { tenantId, paymentId, change, now });
  const target = { type: 'refund', id: refund.id };
  const after = { paymentId, amount, currency, reason };
  await recordChange(ctx, { db, tenantId, action: 'refund.created', target, after, now });
  return refund;
}

/** How much is given back, if there is as much. */
export function requireRoom(payment: PaymentRow, asked: number | undefined): { amount: number; isFull: boolean } {
  const decision = decideRefund(payment, asked);
  if (decision.ok && (payment.intentId !== null || payment.provider === 'crypto' || payment.amount === 0))
    return decision;
  if (decision.ok || decision.reason === 'notPaid') throw new AppError(PAYMENT_NOT_REFUNDABLE);
  throw new AppError(REFUND_EXCEEDS_PAYMENT, { left: decision.left });
}
