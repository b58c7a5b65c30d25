import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { okPage, pageOf } from '#schemas/envelope.ts';
import { StripeEvent, StripeEventsQuery } from '#schemas/stripe-events.ts';
import { listStripeEvents } from '#src/stripe-events/list-stripe-events.ts';

export const listStripeEventsRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/events',
    {
      schema: {
        operationId: 'listStripeEvents',
        tags: ['Stripe'],
        summary: 'What Stripe told',
        description: 'Newest first, for platform admins: `?status=failed` waits for somebody to look.',
        querystring: StripeEventsQuery,
        response: { 200: pageOf(StripeEvent) },
      },
    },
    async (request) => okPage(await listStripeEvents(request.ctx, request.query)),
  );
};
