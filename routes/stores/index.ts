import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { createStoreRoute } from './create-store.ts';
import { deleteStoreRoute } from './delete-store.ts';
import { getDefaultStoreRoute } from './get-default-store.ts';
import { listStoresRoute } from './list-stores.ts';
import { setDefaultStoreRoute } from './set-default-store.ts';
import { updateStoreRoute } from './update-store.ts';

export const storeRoutes: FastifyPluginAsyncZod = async (app) => {
  await app.register(listStoresRoute);
  await app.register(getDefaultStoreRoute);
  await app.register(createStoreRoute);
  await app.register(updateStoreRoute);
  await app.register(deleteStoreRoute);
  await app.register(setDefaultStoreRoute);
};
