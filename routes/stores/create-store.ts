import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { CreateStoreBody, Store } from '#schemas/stores.ts';
import { TenantParams } from '#schemas/tenants.ts';
import { createStore } from '#src/stores/create-store.ts';
import { STORE_INACTIVE, STORE_SLUG_TAKEN } from '#src/stores/errors.ts';

export const createStoreRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '',
    {
      config: { errors: [STORE_SLUG_TAKEN, STORE_INACTIVE] },
      schema: {
        operationId: 'createStore',
        tags: ['Stores'],
        summary: 'Open a store',
        description: 'The first store made is the default, and has to be active.',
        params: TenantParams,
        body: CreateStoreBody,
        response: { 201: success(Store) },
      },
    },
    async (request, reply) =>
      reply.code(201).send(ok(await createStore(request.ctx, { ...request.params, body: request.body }))),
  );
};
