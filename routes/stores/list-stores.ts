import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { PageQuery } from '#schemas/common.ts';
import { okPage, pageOf } from '#schemas/envelope.ts';
import { Store } from '#schemas/stores.ts';
import { TenantParams } from '#schemas/tenants.ts';
import { listStores } from '#src/stores/list-stores.ts';

export const listStoresRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '',
    {
      schema: {
        operationId: 'listStores',
        tags: ['Stores'],
        summary: 'List the stores of a brand',
        description: 'The active stores, oldest first. Signed in, the team of the brand sees the inactive ones too.',
        params: TenantParams,
        querystring: PageQuery,
        response: { 200: pageOf(Store) },
      },
    },
    async (request) => okPage(await listStores(request.ctx, { ...request.params, ...request.query })),
  );
};
