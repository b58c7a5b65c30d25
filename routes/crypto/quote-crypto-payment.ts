import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { CryptoQuoteBody } from '#schemas/crypto-orders.ts';
import { CryptoQuote } from '#schemas/crypto-payments.ts';
import { ok, success } from '#schemas/envelope.ts';
import { userCtx } from '#src/auth/user-ctx.ts';
import { COUPON_NOT_ELIGIBLE } from '#src/coupons/errors.ts';
import { ASSET_UNAVAILABLE, RATE_UNAVAILABLE } from '#src/crypto/errors.ts';
import { quoteCryptoPayment } from '#src/crypto/quote-crypto-payment.ts';
import { NOT_FOUND } from '#src/lib/errors.ts';
import {
  AMOUNT_TOO_LARGE,
  CURRENCY_MISMATCH,
  METHOD_UNAVAILABLE,
  PRODUCT_UNAVAILABLE,
  STORE_UNAVAILABLE,
  TIER_REQUIRED,
} from '#src/payments/errors.ts';

const ORDER = [AMOUNT_TOO_LARGE, CURRENCY_MISMATCH, PRODUCT_UNAVAILABLE, STORE_UNAVAILABLE, TIER_REQUIRED];

export const quoteCryptoPaymentRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/quote',
    {
      config: {
        errors: [...ORDER, ASSET_UNAVAILABLE, COUPON_NOT_ELIGIBLE, METHOD_UNAVAILABLE, NOT_FOUND, RATE_UNAVAILABLE],
      },
      schema: {
        operationId: 'quoteCryptoPayment',
        tags: ['Crypto'],
        summary: 'What an order costs in an asset',
        description:
          'Locked for 15 minutes, for the caller. It holds neither stock nor coupons. A rate that is older than five minutes is none: 503.',
        body: CryptoQuoteBody,
        response: { 201: success(CryptoQuote) },
      },
    },
    async (request, reply) => reply.code(201).send(ok(await quoteCryptoPayment(userCtx(request.ctx), request.body))),
  );
};
