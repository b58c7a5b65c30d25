import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { PageQuery } from '#schemas/common.ts';
import { okPage, pageOf } from '#schemas/envelope.ts';
import { PointsPurchase } from '#schemas/points.ts';
import { TenantParams } from '#schemas/tenants.ts';
import { listPurchases } from '#src/points/list-purchases.ts';

export const listPointsPurchasesRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/tenants/:tenantId/points/purchases',
    {
      schema: {
        operationId: 'listPointsPurchases',
        tags: ['Points'],
        summary: 'What a brand has sold for points',
        params: TenantParams,
        querystring: PageQuery,
        response: { 200: pageOf(PointsPurchase) },
      },
    },
    async (request) => okPage(await listPurchases(request.ctx, { ...request.params, ...request.query })),
  );
};
