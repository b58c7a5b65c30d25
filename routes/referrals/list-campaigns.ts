import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { PageQuery } from '#schemas/common.ts';
import { okPage, pageOf } from '#schemas/envelope.ts';
import { ReferralCampaign } from '#schemas/referrals.ts';
import { TenantParams } from '#schemas/tenants.ts';
import { listCampaigns } from '#src/referrals/list-campaigns.ts';

export const listCampaignsRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/tenant/:tenantId/campaigns',
    {
      schema: {
        operationId: 'listReferralCampaigns',
        tags: ['Referrals'],
        summary: 'Referral campaigns',
        description: 'Oldest first.',
        params: TenantParams,
        querystring: PageQuery,
        response: { 200: pageOf(ReferralCampaign) },
      },
    },
    async (request) => okPage(await listCampaigns(request.ctx, { ...request.params, ...request.query })),
  );
};
