import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { Store } from '#schemas/stores.ts';
import { TenantParams } from '#schemas/tenants.ts';
import { getDefaultStore } from '#src/stores/get-default-store.ts';

export const getDefaultStoreRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/default',
    {
      schema: {
        operationId: 'getDefaultStore',
        tags: ['Stores'],
        summary: 'The default store of a brand',
        params: TenantParams,
        response: { 200: success(Store) },
      },
    },
    async (request) => ok(await getDefaultStore(request.ctx, request.params)),
  );
};
