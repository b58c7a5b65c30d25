import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { MarkCryptoBody } from '#schemas/crypto-payments.ts';
import { ok, success } from '#schemas/envelope.ts';
import { PaymentState, TrackingParams } from '#schemas/payments.ts';
import { CRYPTO_NOT_MARKABLE, NOT_CRYPTO } from '#src/crypto/errors.ts';
import { markCryptoPayment } from '#src/crypto/mark-crypto-payment.ts';
import { NOT_FOUND } from '#src/lib/errors.ts';

export const markCryptoPaymentRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/:trackingId/mark',
    {
      config: { errors: [CRYPTO_NOT_MARKABLE, NOT_CRYPTO, NOT_FOUND] },
      schema: {
        operationId: 'markCryptoPayment',
        tags: ['Crypto'],
        summary: 'Say how a payment stands',
        description:
          'By an admin, whatever the chain shows: `settled` gives what was bought, `invalid` refuses it. Said again it stays so; what is settled is refunded instead. One that has expired is settled only while its stock is there, and without coupons, which it has given back.',
        params: TrackingParams,
        body: MarkCryptoBody,
        response: { 200: success(PaymentState) },
      },
    },
    async (request) => ok(await markCryptoPayment(request.ctx, { ...request.body, ...request.params })),
  );
};
