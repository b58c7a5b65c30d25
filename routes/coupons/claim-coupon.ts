import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ClaimAnswer, ClaimCouponBody } from '#schemas/coupon-claims.ts';
import { CouponParams } from '#schemas/coupons.ts';
import { ok, success } from '#schemas/envelope.ts';
import { userCtx } from '#src/auth/user-ctx.ts';
import { claimCoupon } from '#src/coupons/claim-coupon.ts';
import { COUPON_NOT_ELIGIBLE } from '#src/coupons/errors.ts';

export const claimCouponRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/:tenantId/:couponId/claim',
    {
      config: { errors: [COUPON_NOT_ELIGIBLE] },
      schema: {
        operationId: 'claimCoupon',
        tags: ['Coupons'],
        summary: 'Claim a coupon',
        description:
          'Keeps one use for the caller until `expiresAt`: for a payment (`claimId`), or for the till (`code`). Of many at once for the last ones exactly as many get one as there are. Refused with every reason in `details.reasons`, and with what is missing in `details.missing`.',
        params: CouponParams,
        body: ClaimCouponBody,
        response: { 201: success(ClaimAnswer) },
      },
    },
    async (request, reply) => {
      const claim = await claimCoupon(userCtx(request.ctx), { ...request.params, code: request.body?.code });
      return reply.code(201).send(ok({ claim }));
    },
  );
};
