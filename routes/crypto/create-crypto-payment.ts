import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { CreatedCryptoPayment } from '#schemas/crypto-orders.ts';
import { CreateCryptoPaymentBody } from '#schemas/crypto-payments.ts';
import { ok, success } from '#schemas/envelope.ts';
import { userCtx } from '#src/auth/user-ctx.ts';
import { COUPON_NOT_ELIGIBLE } from '#src/coupons/errors.ts';
import { createCryptoPayment } from '#src/crypto/create-crypto-payment.ts';
import { QUOTE_EXPIRED, QUOTE_OUTDATED, QUOTE_USED } from '#src/crypto/errors.ts';
import { NOT_FOUND } from '#src/lib/errors.ts';
import {
  AMOUNT_TOO_LARGE,
  CURRENCY_MISMATCH,
  METHOD_UNAVAILABLE,
  OUT_OF_STOCK,
  PRODUCT_UNAVAILABLE,
  STORE_UNAVAILABLE,
  TIER_REQUIRED,
} from '#src/payments/errors.ts';

const ORDER = [
  AMOUNT_TOO_LARGE,
  CURRENCY_MISMATCH,
  OUT_OF_STOCK,
  PRODUCT_UNAVAILABLE,
  STORE_UNAVAILABLE,
  TIER_REQUIRED,
];

export const createCryptoPaymentRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/create',
    {
      config: {
        errors: [
          ...ORDER,
          COUPON_NOT_ELIGIBLE,
          METHOD_UNAVAILABLE,
          NOT_FOUND,
          QUOTE_EXPIRED,
          QUOTE_OUTDATED,
          QUOTE_USED,
        ],
      },
      schema: {
        operationId: 'createCryptoPayment',
        tags: ['Crypto'],
        summary: 'Pay a quote',
        description:
          'Takes stock and coupons until `crypto.expiresAt`. The payer sends `payAmount` to `address`, by hand or with `uri`; the payment succeeds with enough confirmations. Where the brand has one address for all, the amount is what tells payers apart: exactly that, in one transfer.',
        body: CreateCryptoPaymentBody,
        response: { 201: success(CreatedCryptoPayment) },
      },
    },
    async (request, reply) => reply.code(201).send(ok(await createCryptoPayment(userCtx(request.ctx), request.body))),
  );
};
