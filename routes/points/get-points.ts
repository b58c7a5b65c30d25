import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { PageQuery } from '#schemas/common.ts';
import { PageMeta, success } from '#schemas/envelope.ts';
import { Points } from '#schemas/points.ts';
import { TenantParams } from '#schemas/tenants.ts';
import { userCtx } from '#src/auth/user-ctx.ts';
import { getPoints } from '#src/points/get-points.ts';

export const getPointsRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/tenants/:tenantId/points',
    {
      schema: {
        operationId: 'getPoints',
        tags: ['Points'],
        summary: 'My points in a brand',
        params: TenantParams,
        querystring: PageQuery,
        response: { 200: success(Points).extend({ meta: PageMeta }) },
      },
    },
    async (request) => {
      const { points: data, meta } = await getPoints(userCtx(request.ctx), { ...request.params, ...request.query });
      return { success: true as const, data, meta };
    },
  );
};
