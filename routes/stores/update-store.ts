import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { Store, StoreParams, UpdateStoreBody } from '#schemas/stores.ts';
import { DEFAULT_STORE, STORE_SLUG_TAKEN } from '#src/stores/errors.ts';
import { updateStore } from '#src/stores/update-store.ts';

export const updateStoreRoute: FastifyPluginAsyncZod = async (app) => {
  app.patch(
    '/:storeId',
    {
      config: { errors: [STORE_SLUG_TAKEN, DEFAULT_STORE] },
      schema: {
        operationId: 'updateStore',
        tags: ['Stores'],
        summary: 'Change a store',
        params: StoreParams,
        body: UpdateStoreBody,
        response: { 200: success(Store) },
      },
    },
    async (request) => ok(await updateStore(request.ctx, { ...request.params, change: request.body })),
  );
};
