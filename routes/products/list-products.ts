import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { okPage, pageOf } from '#schemas/envelope.ts';
import { Product, ProductsQuery } from '#schemas/products.ts';
import { TenantParams } from '#schemas/tenants.ts';
import { listProducts } from '#src/products/list-products.ts';

export const listProductsRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/:tenantId/products',
    {
      schema: {
        operationId: 'listProducts',
        tags: ['Products'],
        summary: 'The catalogue of a brand',
        description: 'Public: the active products; with `q` those that have all of its words, or words that begin so.',
        params: TenantParams,
        querystring: ProductsQuery,
        response: { 200: pageOf(Product) },
      },
    },
    async (request) => okPage(await listProducts(request.ctx, { ...request.params, ...request.query })),
  );
};
