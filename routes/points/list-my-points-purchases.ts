import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { PageQuery } from '#schemas/common.ts';
import { okPage, pageOf } from '#schemas/envelope.ts';
import { PointsPurchase } from '#schemas/points.ts';
import { TenantParams } from '#schemas/tenants.ts';
import { userCtx } from '#src/auth/user-ctx.ts';
import { listMyPurchases } from '#src/points/list-my-purchases.ts';

export const listMyPointsPurchasesRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/tenants/:tenantId/user/points-purchases',
    {
      schema: {
        operationId: 'listMyPointsPurchases',
        tags: ['Points'],
        summary: 'What I have bought for points in a brand',
        params: TenantParams,
        querystring: PageQuery,
        response: { 200: pageOf(PointsPurchase) },
      },
    },
    async (request) => okPage(await listMyPurchases(userCtx(request.ctx), { ...request.params, ...request.query })),
  );
};
