import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { PageQuery } from '#schemas/common.ts';
import { okPage, pageOf } from '#schemas/envelope.ts';
import { OwnedProduct } from '#schemas/products.ts';
import { TenantParams } from '#schemas/tenants.ts';
import { userCtx } from '#src/auth/user-ctx.ts';
import { listOwnedProducts } from '#src/products/list-owned-products.ts';

export const listOwnedProductsRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/:tenantId/user/products',
    {
      schema: {
        operationId: 'listOwnedProducts',
        tags: ['Products'],
        summary: 'What I own',
        description: 'Newest first, each with how it was acquired.',
        params: TenantParams,
        querystring: PageQuery,
        response: { 200: pageOf(OwnedProduct) },
      },
    },
    async (request) => okPage(await listOwnedProducts(userCtx(request.ctx), { ...request.params, ...request.query })),
  );
};
