import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { ReferralConversion, TenantConversionParams } from '#schemas/referral-conversions.ts';
import { NOT_REVERSIBLE } from '#src/referrals/errors.ts';
import { reverseConversion } from '#src/referrals/reverse-conversion.ts';

export const reverseConversionRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/tenant/:tenantId/conversions/:conversionId/reverse',
    {
      config: { errors: [NOT_REVERSIBLE] },
      schema: {
        operationId: 'reverseReferralConversion',
        tags: ['Referrals'],
        summary: 'Take a conversion back',
        description:
          'For a purchase elsewhere that was returned, or for fraud: all that it gave is taken back. If it was the one that the referral is rewarded for, the next purchase of the same person that stands is rewarded in its place: in a case of fraud take back each of them. A refund or a lost dispute here does so by itself.',
        params: TenantConversionParams,
        response: { 200: success(ReferralConversion) },
      },
    },
    async (request) => ok(await reverseConversion(request.ctx, request.params)),
  );
};
