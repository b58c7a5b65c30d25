import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { approveRefundRoute } from './approve-refund.ts';
import { cancelPaymentRoute } from './cancel-payment.ts';
import { createPaymentRoute } from './create-payment.ts';
import { declineRefundRoute } from './decline-refund.ts';
import { getPaymentRoute } from './get-payment.ts';
import { getPaymentStatusRoute } from './get-payment-status.ts';
import { listDisputesRoute } from './list-disputes.ts';
import { listMyPaymentsRoute } from './list-my-payments.ts';
import { listPaymentsRoute } from './list-payments.ts';
import { listRefundsRoute } from './list-refunds.ts';
import { refundPaymentRoute } from './refund-payment.ts';

export const paymentRoutes: FastifyPluginAsyncZod = async (app) => {
  await app.register(createPaymentRoute);
  await app.register(getPaymentStatusRoute);
  await app.register(listMyPaymentsRoute);
  await app.register(listPaymentsRoute);
  await app.register(listRefundsRoute);
  await app.register(listDisputesRoute);
  await app.register(getPaymentRoute);
  await app.register(cancelPaymentRoute);
  await app.register(refundPaymentRoute);
  await app.register(approveRefundRoute);
  await app.register(declineRefundRoute);
};
