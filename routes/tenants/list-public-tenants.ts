import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { okPage, pageOf } from '#schemas/envelope.ts';
import { ListPublicTenantsQuery, PublicTenant } from '#schemas/tenants.ts';
import { listPublicTenants } from '#src/tenants/list-public-tenants.ts';

export const listPublicTenantsRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/public',
    {
      schema: {
        operationId: 'listPublicTenants',
        tags: ['Tenants'],
        summary: 'Directory of brands',
        description:
          'Listed and active brands, oldest first. `domain` finds the one brand of a custom domain, listed or not.',
        querystring: ListPublicTenantsQuery,
        response: { 200: pageOf(PublicTenant) },
      },
    },
    async (request) => okPage(await listPublicTenants(request.ctx, request.query)),
  );
};
