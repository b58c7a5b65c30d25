import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { CouponClaim, MyClaimsQuery } from '#schemas/coupon-claims.ts';
import { okPage, pageOf } from '#schemas/envelope.ts';
import { userCtx } from '#src/auth/user-ctx.ts';
import { listMyClaims } from '#src/coupons/list-my-claims.ts';

export const listMyClaimsRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/user/claims',
    {
      schema: {
        operationId: 'listMyClaims',
        tags: ['Coupons'],
        summary: 'My coupons',
        description: 'What the caller has claimed and used, in all brands or one, newest first.',
        querystring: MyClaimsQuery,
        response: { 200: pageOf(CouponClaim) },
      },
    },
    async (request) => okPage(await listMyClaims(userCtx(request.ctx), request.query)),
  );
};
