import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { okPage, pageOf } from '#schemas/envelope.ts';
import { Referral, ReferralsQuery } from '#schemas/referral-conversions.ts';
import { TenantParams } from '#schemas/tenants.ts';
import { listReferrals } from '#src/referrals/list-referrals.ts';

export const listReferralsRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/tenant/:tenantId/signups',
    {
      schema: {
        operationId: 'listReferrals',
        tags: ['Referrals'],
        summary: 'Who brought whom',
        description: 'Newest first. With `status=review` those that wait for the team.',
        params: TenantParams,
        querystring: ReferralsQuery,
        response: { 200: pageOf(Referral) },
      },
    },
    async (request) => okPage(await listReferrals(request.ctx, { ...request.params, ...request.query })),
  );
};
