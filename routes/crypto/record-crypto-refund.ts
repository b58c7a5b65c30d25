import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { CryptoRefund, RecordCryptoRefundBody } from '#schemas/crypto-payments.ts';
import { ok, success } from '#schemas/envelope.ts';
import { TrackingParams } from '#schemas/payments.ts';
import {
  NOT_CRYPTO,
  NOTHING_OWED,
  TRANSACTION_MISMATCH,
  TRANSACTION_NOT_FOUND,
  TRANSFER_USED,
} from '#src/crypto/errors.ts';
import { recordCryptoRefund } from '#src/crypto/record-crypto-refund.ts';
import { NOT_FOUND } from '#src/lib/errors.ts';
import { REFUND_DECIDED } from '#src/payments/errors.ts';

export const recordCryptoRefundRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/:trackingId/refunds',
    {
      config: {
        errors: [
          NOT_CRYPTO,
          NOT_FOUND,
          NOTHING_OWED,
          REFUND_DECIDED,
          TRANSACTION_MISMATCH,
          TRANSACTION_NOT_FOUND,
          TRANSFER_USED,
        ],
      },
      schema: {
        operationId: 'recordCryptoRefund',
        tags: ['Crypto'],
        summary: 'Write down what was sent back',
        description:
          "By an admin, who has sent it from the brand's own wallet: the transaction is looked up on the chain. With `refundId` it makes a pending refund (POST /payments/refund/:paymentId begins one); without, it gives back what is owed and was not taken off another payment as credit. A transaction with several equal transfers can be named once for each.",
        params: TrackingParams,
        body: RecordCryptoRefundBody,
        response: { 201: success(CryptoRefund) },
      },
    },
    async (request, reply) =>
      reply.code(201).send(ok(await recordCryptoRefund(request.ctx, { ...request.body, ...request.params }))),
  );
};
