import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { CodeParams, CouponCode } from '#schemas/coupon-codes.ts';
import { ok, success } from '#schemas/envelope.ts';
import { revokeCode } from '#src/coupons/revoke-code.ts';

export const revokeCodeRoute: FastifyPluginAsyncZod = async (app) => {
  app.delete(
    '/:tenantId/:couponId/codes/:codeId',
    {
      schema: {
        operationId: 'revokeCode',
        tags: ['Coupons'],
        summary: 'Revoke a code',
        description: 'Nobody can use it from now on. Who has used it keeps that.',
        params: CodeParams,
        response: { 200: success(CouponCode) },
      },
    },
    async (request) => ok(await revokeCode(request.ctx, request.params)),
  );
};
