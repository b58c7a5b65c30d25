import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { CodeBatchAnswer, CreateCodesBody } from '#schemas/coupon-codes.ts';
import { CouponParams } from '#schemas/coupons.ts';
import { ok, success } from '#schemas/envelope.ts';
import { createCodes } from '#src/coupons/create-codes.ts';
import { TOO_MANY_CODES } from '#src/coupons/errors.ts';

export const createCodesRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/:tenantId/:couponId/codes',
    {
      config: { errors: [TOO_MANY_CODES] },
      schema: {
        operationId: 'createCodes',
        tags: ['Coupons'],
        summary: 'Make codes for one person each',
        description:
          'Up to 100,000 from a pattern such as `SUMMER-####-####`, in which each # becomes a random character. They are made in the background: the batch tells how far it is, and gives them as CSV. From now on a secret coupon is not used without a code.',
        params: CouponParams,
        body: CreateCodesBody,
        response: { 202: success(CodeBatchAnswer) },
      },
    },
    async (request, reply) =>
      reply.code(202).send(ok({ batch: await createCodes(request.ctx, { ...request.params, ...request.body }) })),
  );
};
