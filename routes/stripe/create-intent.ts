import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { CreatedIntent, CreateIntentBody } from '#schemas/payments.ts';
import { userCtx } from '#src/auth/user-ctx.ts';
import { COUPON_NOT_ELIGIBLE } from '#src/coupons/errors.ts';
import { NOT_FOUND } from '#src/lib/errors.ts';
import { createIntent } from '#src/payments/create-intent.ts';
import {
  AMOUNT_TOO_LARGE,
  AMOUNT_TOO_SMALL,
  CURRENCY_MISMATCH,
  OUT_OF_STOCK,
  PAYMENT_REFUSED,
  PRODUCT_UNAVAILABLE,
  STORE_UNAVAILABLE,
  TIER_REQUIRED,
} from '#src/payments/errors.ts';

export const createIntentRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/intent',
    {
      config: {
        errors: [
          AMOUNT_TOO_LARGE,
          AMOUNT_TOO_SMALL,
          COUPON_NOT_ELIGIBLE,
          CURRENCY_MISMATCH,
          NOT_FOUND,
          OUT_OF_STOCK,
          PAYMENT_REFUSED,
          PRODUCT_UNAVAILABLE,
          STORE_UNAVAILABLE,
          TIER_REQUIRED,
        ],
      },
      schema: {
        operationId: 'createIntent',
        tags: ['Stripe'],
        summary: 'Buy products by card',
        description: 'As `/payments/create` with `method: card`.',
        body: CreateIntentBody,
        response: { 201: success(CreatedIntent) },
      },
    },
    async (request, reply) => reply.code(201).send(ok(await createIntent(userCtx(request.ctx), request.body))),
  );
};
