import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { CodesQuery, CouponCode } from '#schemas/coupon-codes.ts';
import { CouponParams } from '#schemas/coupons.ts';
import { okPage, pageOf } from '#schemas/envelope.ts';
import { listCodes } from '#src/coupons/list-codes.ts';

export const listCodesRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/:tenantId/:couponId/codes',
    {
      schema: {
        operationId: 'listCodes',
        tags: ['Coupons'],
        summary: 'Codes for one person each',
        description: 'In the order of their making, of all batches or of one.',
        params: CouponParams,
        querystring: CodesQuery,
        response: { 200: pageOf(CouponCode) },
      },
    },
    async (request) => okPage(await listCodes(request.ctx, { ...request.params, ...request.query })),
  );
};
