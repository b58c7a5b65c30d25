import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { Programme, SetProgrammeBody } from '#schemas/referrals.ts';
import { TenantParams } from '#schemas/tenants.ts';
import { setProgramme } from '#src/referrals/set-programme.ts';

export const setProgrammeRoute: FastifyPluginAsyncZod = async (app) => {
  app.put(
    '/tenant/:tenantId/programme',
    {
      schema: {
        operationId: 'setReferralProgramme',
        tags: ['Referrals'],
        summary: 'Set the referral programme',
        description:
          'The whole programme: what is left out has its default. Who was brought before stays so, and rewards that are written down keep what they give and when; conversions from now on follow the new programme, also of those who were brought before.',
        params: TenantParams,
        body: SetProgrammeBody,
        response: { 200: success(Programme) },
      },
    },
    async (request) => ok(await setProgramme(request.ctx, { ...request.params, body: request.body })),
  );
};
