import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { Product, SaveProductBody } from '#schemas/products.ts';
import { tenantOf } from '#src/auth/tenant-of.ts';
import { EXTERNAL_ID_TAKEN, PRECONDITION_FAILED, SKU_TAKEN } from '#src/products/errors.ts';
import { saveProduct } from '#src/products/save-product.ts';

export const saveProductRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/brand/products',
    {
      config: { errors: [EXTERNAL_ID_TAKEN, PRECONDITION_FAILED, SKU_TAKEN], etag: 'write' },
      schema: {
        operationId: 'saveProduct',
        tags: ['Products'],
        summary: 'Make or change a product',
        description:
          '201 when it is new; 200 when `id` or `externalId` names one that is there: what is not given stays as it was. With `If-Match: <ETag>` only while nobody has changed it: else 412.',
        body: SaveProductBody,
        response: { 200: success(Product), 201: success(Product) },
      },
    },
    async (request, reply) => {
      const ifMatch = request.headers['if-match'];
      const input = { tenantId: tenantOf(request.ctx), body: request.body, ifMatch };
      const { product, etag, isNew } = await saveProduct(request.ctx, input);
      return reply
        .code(isNew ? 201 : 200)
        .header('etag', etag)
        .send(ok(product));
    },
  );
};
