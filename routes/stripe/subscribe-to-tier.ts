import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { SubscribeBody, Subscribed } from '#schemas/subscriptions.ts';
import { userCtx } from '#src/auth/user-ctx.ts';
import { COUPON_NOT_ELIGIBLE } from '#src/coupons/errors.ts';
import { NOT_FOUND } from '#src/lib/errors.ts';
import { ALREADY_JOINED, TIER_BY_POINTS, TIER_UNKNOWN } from '#src/memberships/errors.ts';
import { AMOUNT_TOO_SMALL, PAYMENT_REFUSED } from '#src/payments/errors.ts';
import { ALREADY_SUBSCRIBED, TIER_NOT_PAID } from '#src/subscriptions/errors.ts';
import { subscribeToTier } from '#src/subscriptions/subscribe-to-tier.ts';

export const subscribeToTierRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/subscribe',
    {
      config: {
        errors: [
          ALREADY_JOINED,
          ALREADY_SUBSCRIBED,
          AMOUNT_TOO_SMALL,
          COUPON_NOT_ELIGIBLE,
          NOT_FOUND,
          PAYMENT_REFUSED,
          TIER_BY_POINTS,
          TIER_NOT_PAID,
          TIER_UNKNOWN,
        ],
      },
      schema: {
        operationId: 'subscribeToTier',
        tags: ['Stripe'],
        summary: 'Pay for a tier',
        description:
          'A browser confirms the first payment with `clientSecret`; the membership follows the payment, and renews with it. Who has not paid yet and asks again goes on with the same subscription. A tier that is paid once becomes a payment instead.',
        body: SubscribeBody,
        response: { 201: success(Subscribed) },
      },
    },
    async (request, reply) => reply.code(201).send(ok(await subscribeToTier(userCtx(request.ctx), request.body))),
  );
};
