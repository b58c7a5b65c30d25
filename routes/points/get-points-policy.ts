import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { PointsPolicy } from '#schemas/points.ts';
import { TenantParams } from '#schemas/tenants.ts';
import { getPointsPolicy } from '#src/points/get-points-policy.ts';

export const getPointsPolicyRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/tenants/:tenantId/points/policy',
    {
      schema: {
        operationId: 'getPointsPolicy',
        tags: ['Points'],
        summary: 'When points expire and what tiers they bring',
        params: TenantParams,
        response: { 200: success(PointsPolicy) },
      },
    },
    async (request) => ok(await getPointsPolicy(request.ctx, request.params)),
  );
};
