import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { CheckCryptoBody } from '#schemas/crypto-payments.ts';
import { ok, success } from '#schemas/envelope.ts';
import { PaymentState, TrackingParams } from '#schemas/payments.ts';
import { checkCryptoPayment } from '#src/crypto/check-crypto-payment.ts';
import { NOT_CRYPTO, TRANSACTION_MISMATCH, TRANSACTION_NOT_FOUND } from '#src/crypto/errors.ts';
import { NOT_FOUND } from '#src/lib/errors.ts';

export const checkCryptoPaymentRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/:trackingId/status',
    {
      config: { errors: [NOT_CRYPTO, NOT_FOUND, TRANSACTION_MISMATCH, TRANSACTION_NOT_FOUND] },
      schema: {
        operationId: 'checkCryptoPayment',
        tags: ['Crypto'],
        summary: 'Look at the chain now',
        description:
          'For whoever has the tracking id. A look reads thirty blocks at most, and the answer waits three seconds for it: what is read no further is answered as it is known. With the chain out of reach 503. With `txHash` the transaction is looked at by its name: one that is not for this payment changes nothing.',
        params: TrackingParams,
        body: CheckCryptoBody,
        response: { 200: success(PaymentState) },
      },
    },
    async (request) => ok(await checkCryptoPayment(request.ctx, { ...request.body, ...request.params })),
  );
};
