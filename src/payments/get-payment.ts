import type { Payment } from '#schemas/payments.ts';
import type { Ctx } from '../context.ts';
import { findPaymentFor } from './find-payment.ts';
import { presentPayment } from './present-payment.ts';

export async function getPayment(ctx: Ctx, { paymentId }: { paymentId: string }): Promise<Payment> {
  return presentPayment((await findPaymentFor(ctx, paymentId)).payment);
}
