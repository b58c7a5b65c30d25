import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { SubscriptionParams, SubscriptionState } from '#schemas/subscriptions.ts';
import { NOT_FOUND } from '#src/lib/errors.ts';
import { SUBSCRIPTION_ENDED } from '#src/subscriptions/errors.ts';
import { resumeSubscription } from '#src/subscriptions/resume-subscription.ts';

export const resumeSubscriptionRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/subscriptions/:subscriptionId/resume',
    {
      config: { errors: [NOT_FOUND, SUBSCRIPTION_ENDED] },
      schema: {
        operationId: 'resumeSubscription',
        tags: ['Stripe'],
        summary: 'Keep a subscription that was to end',
        description: 'While the period that is paid still runs.',
        params: SubscriptionParams,
        response: { 200: success(SubscriptionState) },
      },
    },
    async (request) => ok(await resumeSubscription(request.ctx, request.params)),
  );
};
