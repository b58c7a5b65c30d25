import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { ok, success } from '#schemas/envelope.ts';
import { Received } from '#schemas/stripe-events.ts';
import { INVALID_SIGNATURE, WRONG_LIVEMODE } from '#src/stripe-events/errors.ts';
import { receiveEvent } from '#src/stripe-events/receive-event.ts';

const MAX_BODY_BYTES = 262_144;

export const receiveStripeEventRoute: FastifyPluginAsyncZod = async (app) => {
  // The signature is over the bytes: here alone the body is not parsed.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.post(
    '/webhook',
    {
      bodyLimit: MAX_BODY_BYTES,
      config: { errors: [INVALID_SIGNATURE, WRONG_LIVEMODE] },
      schema: {
        operationId: 'receiveStripeEvent',
        tags: ['Stripe'],
        summary: 'What Stripe tells',
        description:
          'For Stripe alone: signed over the raw body, at most 300 s old. An event that is repeated has no effect, one that is older than what is known changes nothing, and one of an unknown type is kept: all 200.',
        headers: z.object({ 'stripe-signature': z.string().optional() }),
        response: { 200: success(Received) },
      },
    },
    async (request) => {
      const signature = request.headers['stripe-signature'];
      const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
      return ok(await receiveEvent(request.ctx, { body, signature }));
    },
  );
};
