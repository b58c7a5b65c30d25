import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { StripeConfig } from '#schemas/subscriptions.ts';
import { getStripeConfig } from '#src/payments/get-stripe-config.ts';

export const getStripeConfigRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/config',
    {
      schema: {
        operationId: 'getStripeConfig',
        tags: ['Stripe'],
        summary: 'What a client app needs to confirm payments',
        description:
          'In the sandbox a client confirms at `{apiBase}/v1/payment_intents/:id/confirm`, as it would at Stripe.',
        response: { 200: success(StripeConfig) },
      },
    },
    async (request) => ok(getStripeConfig(request.ctx)),
  );
};
