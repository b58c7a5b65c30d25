import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ClaimsQuery, CouponClaim } from '#schemas/coupon-claims.ts';
import { okPage, pageOf } from '#schemas/envelope.ts';
import { TenantParams } from '#schemas/tenants.ts';
import { listClaims } from '#src/coupons/list-claims.ts';

export const listClaimsRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/:tenantId/claims',
    {
      schema: {
        operationId: 'listClaims',
        tags: ['Coupons'],
        summary: 'Who uses the coupons',
        description: 'All claims and uses of the brand, newest first; of a coupon, a person or a status.',
        params: TenantParams,
        querystring: ClaimsQuery,
        response: { 200: pageOf(CouponClaim) },
      },
    },
    async (request) => okPage(await listClaims(request.ctx, { ...request.params, ...request.query })),
  );
};
