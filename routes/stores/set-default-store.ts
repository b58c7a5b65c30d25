import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { Store, StoreParams } from '#schemas/stores.ts';
import { STORE_INACTIVE } from '#src/stores/errors.ts';
import { setDefaultStore } from '#src/stores/set-default-store.ts';

export const setDefaultStoreRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/:storeId/default',
    {
      config: { errors: [STORE_INACTIVE] },
      schema: {
        operationId: 'setDefaultStore',
        tags: ['Stores'],
        summary: 'Make a store the default',
        description: 'One write moves it: at no moment are there two defaults or none.',
        params: StoreParams,
        response: { 200: success(Store) },
      },
    },
    async (request) => ok(await setDefaultStore(request.ctx, request.params)),
  );
};
