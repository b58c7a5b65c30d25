import { findPaymentByTrackingId } from '#db/queries/payments.ts';
import type { PaymentState } from '#schemas/payments.ts';
import type { Ctx } from '../context.ts';
import { loadDetails } from '../crypto/steps/load-details.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { tenantOfTrackingId } from '../lib/tracking-id.ts';
import { presentPaymentState } from './present-payment.ts';

type Asked = { trackingId: string; qrCode?: boolean | undefined };

/** How a payment stands, for whoever has its tracking id. */
export async function getPaymentStatus({ db }: Ctx, { trackingId, qrCode }: Asked): Promise<PaymentState> {
  const tenantId = tenantOfTrackingId(trackingId);
  const payment = tenantId ? await findPaymentByTrackingId(db, { tenantId, trackingId }) : undefined;
  if (!payment) throw new AppError(NOT_FOUND);
  const crypto = await loadDetails(db, payment, { withQrCode: qrCode });
  return { ...presentPaymentState(payment), ...(crypto && { crypto }) };
}
