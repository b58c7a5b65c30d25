import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { CreateCampaignBody, ReferralCampaign } from '#schemas/referrals.ts';
import { TenantParams } from '#schemas/tenants.ts';
import { createCampaign } from '#src/referrals/create-campaign.ts';

export const createCampaignRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/tenant/:tenantId/campaigns',
    {
      schema: {
        operationId: 'createReferralCampaign',
        tags: ['Referrals'],
        summary: 'Create a referral campaign',
        description: 'Members have a link of their own for each campaign, beside the one without.',
        params: TenantParams,
        body: CreateCampaignBody,
        response: { 201: success(ReferralCampaign) },
      },
    },
    async (request, reply) =>
      reply.code(201).send(ok(await createCampaign(request.ctx, { ...request.params, body: request.body }))),
  );
};
