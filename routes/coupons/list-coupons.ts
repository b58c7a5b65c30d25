import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { Coupon, CouponsQuery } from '#schemas/coupons.ts';
import { okPage, pageOf } from '#schemas/envelope.ts';
import { TenantParams } from '#schemas/tenants.ts';
import { listCoupons } from '#src/coupons/list-coupons.ts';

export const listCouponsRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/:tenantId',
    {
      schema: {
        operationId: 'listCoupons',
        tags: ['Coupons'],
        summary: 'The coupons of the brand',
        description: 'Newest first, each with how often it is used.',
        params: TenantParams,
        querystring: CouponsQuery,
        response: { 200: pageOf(Coupon) },
      },
    },
    async (request) => okPage(await listCoupons(request.ctx, { ...request.params, ...request.query })),
  );
};
