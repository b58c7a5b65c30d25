import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { PointsPurchaseAnswer, PointsPurchaseBody } from '#schemas/points.ts';
import { ProductParams } from '#schemas/products.ts';
import { userCtx } from '#src/auth/user-ctx.ts';
import { NOT_JOINED } from '#src/memberships/errors.ts';
import { OUT_OF_STOCK, TIER_REQUIRED } from '#src/payments/errors.ts';
import { buyWithPoints } from '#src/points/buy-with-points.ts';
import { NOT_FOR_POINTS, TOO_FEW_POINTS } from '#src/points/errors.ts';

export const buyWithPointsRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/tenants/:tenantId/products/:productId/points-purchase',
    {
      config: { errors: [NOT_FOR_POINTS, NOT_JOINED, TIER_REQUIRED, TOO_FEW_POINTS, OUT_OF_STOCK] },
      schema: {
        operationId: 'buyWithPoints',
        tags: ['Points'],
        summary: 'Buy a product for points',
        description:
          'For members, of products with a `pointsPrice`. Points and stock are taken at once, or neither. Send an `Idempotency-Key`.',
        params: ProductParams,
        body: PointsPurchaseBody,
        response: { 201: success(PointsPurchaseAnswer) },
      },
    },
    async (request, reply) => {
      const bought = await buyWithPoints(userCtx(request.ctx), { ...request.params, ...request.body });
      return reply.code(201).send(ok(bought));
    },
  );
};
