import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { PointsPolicy } from '#schemas/points.ts';
import { TenantParams } from '#schemas/tenants.ts';
import { setPointsPolicy } from '#src/points/set-points-policy.ts';

export const setPointsPolicyRoute: FastifyPluginAsyncZod = async (app) => {
  app.put(
    '/tenants/:tenantId/points/policy',
    {
      schema: {
        operationId: 'setPointsPolicy',
        tags: ['Points'],
        summary: 'Say when points expire and what tiers they bring',
        description:
          'The whole policy. For members who have points already a job notes within a minute when they expire now; what is due by the new policy expires then. Tiers follow with the next movement of points.',
        params: TenantParams,
        body: PointsPolicy,
        response: { 200: success(PointsPolicy) },
      },
    },
    async (request) => ok(await setPointsPolicy(request.ctx, { ...request.params, body: request.body })),
  );
};
