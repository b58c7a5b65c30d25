import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { PageQuery } from '#schemas/common.ts';
import { PublicCoupon } from '#schemas/coupons.ts';
import { okPage, pageOf } from '#schemas/envelope.ts';
import { TenantParams } from '#schemas/tenants.ts';
import { listPublicCoupons } from '#src/coupons/list-public-coupons.ts';

export const listPublicCouponsRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/public/:tenantId',
    {
      schema: {
        operationId: 'listPublicCoupons',
        tags: ['Coupons'],
        summary: 'The public coupons of a brand',
        description: 'Those that run now. Coupons that are not public are never listed here.',
        params: TenantParams,
        querystring: PageQuery,
        response: { 200: pageOf(PublicCoupon) },
      },
    },
    async (request) => okPage(await listPublicCoupons(request.ctx, { ...request.params, ...request.query })),
  );
};
