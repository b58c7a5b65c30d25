import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { ok, success } from '#schemas/envelope.ts';
import { Product, ProductParams } from '#schemas/products.ts';
import { getProduct } from '#src/products/get-product.ts';

export const getProductRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/:tenantId/products/:productId',
    {
      config: { etag: 'read' },
      schema: {
        operationId: 'getProduct',
        tags: ['Products'],
        summary: 'One product',
        description: 'Public while it is active; the team sees the others too. The ETag is what `If-Match` takes.',
        params: ProductParams,
        response: { 200: success(Product), 304: z.null() },
      },
    },
    async (request, reply) => {
      const { product, etag } = await getProduct(request.ctx, request.params);
      return reply.sendTagged(etag, ok(product));
    },
  );
};
