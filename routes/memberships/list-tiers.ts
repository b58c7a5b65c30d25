import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { PageQuery } from '#schemas/common.ts';
import { okPage, pageOf } from '#schemas/envelope.ts';
import { Tier } from '#schemas/memberships.ts';
import { TenantParams } from '#schemas/tenants.ts';
import { listTiers } from '#src/memberships/list-tiers.ts';

export const listTiersRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/memberships/tenant/:tenantId/tiers',
    {
      schema: {
        operationId: 'listTiers',
        tags: ['Memberships'],
        summary: 'List the tiers of a brand',
        description: 'Public; the team sees the inactive ones too.',
        params: TenantParams,
        querystring: PageQuery,
        response: { 200: pageOf(Tier) },
      },
    },
    async (request) => okPage(await listTiers(request.ctx, { ...request.params, ...request.query })),
  );
};
