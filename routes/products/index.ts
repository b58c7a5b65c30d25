import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { getProductRoute } from './get-product.ts';
import { listOwnedProductsRoute } from './list-owned-products.ts';
import { listProductsRoute } from './list-products.ts';
import { saveProductRoute } from './save-product.ts';

export const productRoutes: FastifyPluginAsyncZod = async (app) => {
  await app.register(saveProductRoute);
  await app.register(listProductsRoute);
  await app.register(getProductRoute);
  await app.register(listOwnedProductsRoute);
};
