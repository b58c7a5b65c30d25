import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { CampaignParams, ReferralCampaign, UpdateCampaignBody } from '#schemas/referrals.ts';
import { updateCampaign } from '#src/referrals/update-campaign.ts';

export const updateCampaignRoute: FastifyPluginAsyncZod = async (app) => {
  app.patch(
    '/tenant/:tenantId/campaigns/:campaignId',
    {
      schema: {
        operationId: 'updateReferralCampaign',
        tags: ['Referrals'],
        summary: 'Change a referral campaign',
        description: 'An `endsAt` in the past ends it: its links lead on, but bring nobody.',
        params: CampaignParams,
        body: UpdateCampaignBody,
        response: { 200: success(ReferralCampaign) },
      },
    },
    async (request) => ok(await updateCampaign(request.ctx, { ...request.params, body: request.body })),
  );
};
