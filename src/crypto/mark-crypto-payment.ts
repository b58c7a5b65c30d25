import { type CryptoPaymentRow, findCryptoPaymentForUpdate } from '#db/queries/crypto-payments.ts';
import { findPaymentForUpdate, type PaymentRow } from '#db/queries/payments.ts';
import type { MarkCryptoBody } from '#schemas/crypto-payments.ts';
import type { PaymentState } from '#schemas/payments.ts';
import { recordChange } from '../audit/record-change.ts';
import { type Ctx, withTx } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { presentPaymentState } from '../payments/present-payment.ts';
import { CRYPTO_NOT_MARKABLE } from './errors.ts';
import { canMark, computeKept } from './standing-rules.ts';
import { applyStanding } from './steps/apply-standing.ts';
import { findUsed } from './steps/find-credit.ts';
import { requireCryptoAsAdmin } from './steps/find-crypto.ts';
import { loadDetails } from './steps/load-details.ts';
import { standingOf } from './steps/stand-payment.ts';

type Input = MarkCryptoBody & { trackingId: string };

/** An admin says how a payment stands, with a reason. Said again it stays so; what is settled is refunded instead. */
export async function markCryptoPayment(ctx: Ctx, { trackingId, ...mark }: Input): Promise<PaymentState> {
  const { payment } = await requireCryptoAsAdmin(ctx, trackingId);
  const { tenantId, id: paymentId } = payment;
  const marked = await withTx(ctx, async (tx) => {
    const held = await findPaymentForUpdate(tx, { tenantId, paymentId });
    const row = await findCryptoPaymentForUpdate(tx, { tenantId, paymentId });
    if (!held || !row) throw new AppError(NOT_FOUND);
    if (row.status === mark.status) return held;
    if (!canMark(row.status, mark.status)) throw new AppError(CRYPTO_NOT_MARKABLE, { status: row.status });
    return apply({ ...ctx, db: tx }, { payment: held, row, mark });
  });
  const crypto = await loadDetails(ctx.db, marked);
  return { ...presentPaymentState(marked), ...(crypto && { crypto }) };
}

type Marking = { payment: PaymentRow; row: CryptoPaymentRow; mark: MarkCryptoBody };

async function apply(ctx: Ctx, { payment, row: before, mark }: Marking): Promise<PaymentRow> {
  const { db } = ctx;
  const now = ctx.clock.now();
  const keptUnits = mark.status === 'settled' ? await keptOf(db, { payment, row: before, now }) : null;
  const row = { ...before, status: mark.status, additionalStatus: 'marked' as const, isMarked: true, keptUnits };
  const standing = await standingOf(db, { payment, row, now });
  const asMarked = { ...before, isMarked: true, keptUnits };
  const said = { kind: 'marked' as const, reason: mark.reason };
  const { jobs } = ctx.deps;
  const applied = await applyStanding(db, { payment, row: asMarked, standing, said, jobs, now });
  if (applied.row.status !== mark.status) throw new AppError(CRYPTO_NOT_MARKABLE, { reason: 'no_longer_available' });
  const { tenantId, id } = payment;
  const target = { type: 'payment', id };
  const after = { status: mark.status, reason: mark.reason };
  const change = { before: { status: before.status, reason: null }, after, now };
  await recordChange(ctx, { db, tenantId, action: 'payment.marked', target, ...change });
  return applied.payment;
}

type Standing = { payment: PaymentRow; row: CryptoPaymentRow; now: Date };

/** What has come by now, seen or confirmed: what comes after is owed. */
async function keptOf(db: Ctx['db'], { payment, row, now }: Standing): Promise<bigint> {
  const { paidUnits, lostUnits } = await standingOf(db, { payment, row, now });
  const payUnits = row.payUnits + lostUnits;
  return computeKept({ ...row, payUnits, paidUnits, usedUnits: await findUsed(db, row) });
}
