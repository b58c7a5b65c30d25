import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { Deleted, ok, success } from '#schemas/envelope.ts';
import { StoreParams } from '#schemas/stores.ts';
import { deleteStore } from '#src/stores/delete-store.ts';
import { DEFAULT_STORE } from '#src/stores/errors.ts';

export const deleteStoreRoute: FastifyPluginAsyncZod = async (app) => {
  app.delete(
    '/:storeId',
    {
      config: { errors: [DEFAULT_STORE] },
      schema: {
        operationId: 'deleteStore',
        tags: ['Stores'],
        summary: 'Close a store for good',
        params: StoreParams,
        response: { 200: success(Deleted) },
      },
    },
    async (request) => ok(await deleteStore(request.ctx, request.params)),
  );
};
