import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { Programme } from '#schemas/referrals.ts';
import { TenantParams } from '#schemas/tenants.ts';
import { getProgramme } from '#src/referrals/get-programme.ts';

export const getProgrammeRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/tenant/:tenantId/programme',
    {
      schema: {
        operationId: 'getReferralProgramme',
        tags: ['Referrals'],
        summary: 'The referral programme',
        description:
          'Rewards of both sides, window, hold and limits. A brand that has set none has one that rewards nothing.',
        params: TenantParams,
        response: { 200: success(Programme) },
      },
    },
    async (request) => ok(await getProgramme(request.ctx, request.params)),
  );
};
