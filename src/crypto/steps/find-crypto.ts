import type { Db } from '#db/client.ts';
import { type CryptoPaymentRow, findCryptoPayment } from '#db/queries/crypto-payments.ts';
import { findPaymentByTrackingId, type PaymentRow } from '#db/queries/payments.ts';
import type { Actor } from '../../context.ts';
import { AppError, FORBIDDEN, NOT_FOUND } from '../../lib/errors.ts';
import { tenantOfTrackingId } from '../../lib/tracking-id.ts';
import { rolesIn } from '../../payments/steps/roles-in.ts';
import { NOT_CRYPTO } from '../errors.ts';

export type FoundCrypto = { payment: PaymentRow; row: CryptoPaymentRow };

/** A payment in crypto by its tracking id, which is the credential. */
export async function requireCrypto(db: Db, trackingId: string): Promise<FoundCrypto> {
  const tenantId = tenantOfTrackingId(trackingId);
  const payment = tenantId ? await findPaymentByTrackingId(db, { tenantId, trackingId }) : undefined;
  if (!payment) throw new AppError(NOT_FOUND);
  return { payment, row: await sideOf(db, payment) };
}

/** The same for an admin of its brand. */
export async function requireCryptoAsAdmin(
  { db, actor }: { db: Db; actor: Actor },
  trackingId: string,
): Promise<FoundCrypto> {
  const tenantId = tenantOfTrackingId(trackingId);
  const payment = tenantId ? await findPaymentByTrackingId(db, { tenantId, trackingId }) : undefined;
  const can = payment && (await rolesIn({ db, actor }, payment.tenantId));
  const isBuyer = actor.type === 'user' && actor.userId === payment?.userId;
  if (!payment || !can || !(can('staff') || isBuyer)) throw new AppError(NOT_FOUND);
  if (!can('admin')) throw new AppError(FORBIDDEN);
  return { payment, row: await sideOf(db, payment) };
}

async function sideOf(db: Db, { tenantId, id: paymentId, provider }: PaymentRow): Promise<CryptoPaymentRow> {
  const row = provider === 'crypto' ? await findCryptoPayment(db, { tenantId, paymentId }) : undefined;
  if (!row) throw new AppError(NOT_CRYPTO);
  return row;
}
