import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { Tier, TierParams, UpdateTierBody } from '#schemas/memberships.ts';
import { TIER_CODE_TAKEN } from '#src/memberships/errors.ts';
import { updateTier } from '#src/memberships/update-tier.ts';

export const updateTierRoute: FastifyPluginAsyncZod = async (app) => {
  app.patch(
    '/memberships/tenant/:tenantId/tiers/:tierId',
    {
      config: { errors: [TIER_CODE_TAKEN] },
      schema: {
        operationId: 'updateTier',
        tags: ['Memberships'],
        summary: 'Change a tier',
        description: 'Its members stay, at the price that they pay.',
        params: TierParams,
        body: UpdateTierBody,
        response: { 200: success(Tier) },
      },
    },
    async (request) => ok(await updateTier(request.ctx, { ...request.params, body: request.body })),
  );
};
