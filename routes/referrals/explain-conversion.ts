import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { ConversionParams, Explanation } from '#schemas/referral-conversions.ts';
import { explainConversion } from '#src/referrals/explain-conversion.ts';

export const explainConversionRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/conversions/:conversionId/explain',
    {
      schema: {
        operationId: 'explainReferralConversion',
        tags: ['Referrals'],
        summary: 'Why it counts, or does not',
        description:
          'Touches, window, winner, each rule that spoke against it, and the rewards; also for the `eventId` of a sign-up that was refused.',
        params: ConversionParams,
        response: { 200: success(Explanation) },
      },
    },
    async (request) => ok(await explainConversion(request.ctx, request.params)),
  );
};
