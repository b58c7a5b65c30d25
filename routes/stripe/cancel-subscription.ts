import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { CancelSubscriptionBody, SubscriptionParams, SubscriptionState } from '#schemas/subscriptions.ts';
import { NOT_FOUND } from '#src/lib/errors.ts';
import { PAYMENT_REFUSED } from '#src/payments/errors.ts';
import { cancelSubscription } from '#src/subscriptions/cancel-subscription.ts';
import { SUBSCRIPTION_ENDED } from '#src/subscriptions/errors.ts';

export const cancelSubscriptionRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/subscriptions/:subscriptionId/cancel',
    {
      config: { errors: [NOT_FOUND, PAYMENT_REFUSED, SUBSCRIPTION_ENDED] },
      schema: {
        operationId: 'cancelSubscription',
        tags: ['Stripe'],
        summary: 'End a subscription',
        description:
          'With the period that is paid, or at once with `atPeriodEnd: false`. By its subscriber or an admin.',
        params: SubscriptionParams,
        body: CancelSubscriptionBody,
        response: { 200: success(SubscriptionState) },
      },
    },
    async (request) => ok(await cancelSubscription(request.ctx, { ...request.body, ...request.params })),
  );
};
