import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { okPage, pageOf } from '#schemas/envelope.ts';
import { ConversionsQuery, ReferralConversion } from '#schemas/referral-conversions.ts';
import { TenantParams } from '#schemas/tenants.ts';
import { listConversions } from '#src/referrals/list-conversions.ts';

export const listConversionsRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/tenant/:tenantId/conversions',
    {
      schema: {
        operationId: 'listReferralConversions',
        tags: ['Referrals'],
        summary: 'What those who were brought did',
        description: 'Newest first; of a status.',
        params: TenantParams,
        querystring: ConversionsQuery,
        response: { 200: pageOf(ReferralConversion) },
      },
    },
    async (request) => okPage(await listConversions(request.ctx, { ...request.params, ...request.query })),
  );
};
