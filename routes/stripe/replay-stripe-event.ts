import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { StripeEvent, StripeEventParams } from '#schemas/stripe-events.ts';
import { NOT_FOUND } from '#src/lib/errors.ts';
import { replayStripeEvent } from '#src/stripe-events/replay-event.ts';

export const replayStripeEventRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/events/:eventId/replay',
    {
      config: { errors: [NOT_FOUND] },
      schema: {
        operationId: 'replayStripeEvent',
        tags: ['Stripe'],
        summary: 'Apply an event again',
        description: 'For platform admins. What it did already it does not do twice.',
        params: StripeEventParams,
        response: { 200: success(StripeEvent) },
      },
    },
    async (request) => ok(await replayStripeEvent(request.ctx, request.params)),
  );
};
