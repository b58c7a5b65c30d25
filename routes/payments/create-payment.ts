import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { CreatedPayment, CreatePaymentBody } from '#schemas/payments.ts';
import { userCtx } from '#src/auth/user-ctx.ts';
import { COUPON_NOT_ELIGIBLE } from '#src/coupons/errors.ts';
import { ASSET_UNAVAILABLE, QUOTE_OUTDATED, RATE_UNAVAILABLE } from '#src/crypto/errors.ts';
import { NOT_FOUND } from '#src/lib/errors.ts';
import { createPayment } from '#src/payments/create-payment.ts';
import {
  AMOUNT_TOO_LARGE,
  AMOUNT_TOO_SMALL,
  CURRENCY_MISMATCH,
  METHOD_UNAVAILABLE,
  OUT_OF_STOCK,
  PAYMENT_REFUSED,
  PRODUCT_UNAVAILABLE,
  STORE_UNAVAILABLE,
  TIER_REQUIRED,
} from '#src/payments/errors.ts';

export const createPaymentRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/create',
    {
      config: {
        errors: [
          AMOUNT_TOO_LARGE,
          AMOUNT_TOO_SMALL,
          ASSET_UNAVAILABLE,
          COUPON_NOT_ELIGIBLE,
          CURRENCY_MISMATCH,
          METHOD_UNAVAILABLE,
          NOT_FOUND,
          OUT_OF_STOCK,
          PAYMENT_REFUSED,
          PRODUCT_UNAVAILABLE,
          QUOTE_OUTDATED,
          RATE_UNAVAILABLE,
          STORE_UNAVAILABLE,
          TIER_REQUIRED,
        ],
      },
      schema: {
        operationId: 'createPayment',
        tags: ['Payments'],
        summary: 'Buy products',
        description:
          "The server computes every amount from the brand's prices. What is in stock is held until the payment expires. A browser confirms the card with `card.clientSecret`; a total of 0 succeeds at once. After a declined card the same client secret takes another one, until `expiresAt`.",
        body: CreatePaymentBody,
        response: { 201: success(CreatedPayment) },
      },
    },
    async (request, reply) => reply.code(201).send(ok(await createPayment(userCtx(request.ctx), request.body))),
  );
};
