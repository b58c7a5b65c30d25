import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { SubscriptionParams, SubscriptionState } from '#schemas/subscriptions.ts';
import { NOT_FOUND } from '#src/lib/errors.ts';
import { getSubscription } from '#src/subscriptions/get-subscription.ts';

export const getSubscriptionRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/subscriptions/:subscriptionId',
    {
      config: { errors: [NOT_FOUND] },
      schema: {
        operationId: 'getSubscription',
        tags: ['Stripe'],
        summary: 'One subscription',
        description: "For its subscriber and the brand's team.",
        params: SubscriptionParams,
        response: { 200: success(SubscriptionState) },
      },
    },
    async (request) => ok(await getSubscription(request.ctx, request.params)),
  );
};
