import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { TrackBody, Tracked } from '#schemas/referrals.ts';
import { FORBIDDEN, UNAUTHORIZED } from '#src/lib/errors.ts';
import { trackReferral } from '#src/referrals/track-referral.ts';
import { visitOf } from './visit.ts';

export const trackReferralRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/track',
    {
      config: { errors: [UNAUTHORIZED, FORBIDDEN] },
      schema: {
        operationId: 'trackReferral',
        tags: ['Referrals'],
        summary: 'Track a click, a sign-up or a purchase',
        description:
          'A click is public; a sign-up is told by the new person, or by the brand with `userId`; a purchase elsewhere by team or API key. Purchases made here are counted by themselves. What is not counted says why in `reason`; its `eventId` can be explained.',
        body: TrackBody,
        response: { 202: success(Tracked) },
      },
    },
    async (request, reply) =>
      reply.code(202).send(ok(await trackReferral(request.ctx, { body: request.body, ...visitOf(request.headers) }))),
  );
};
