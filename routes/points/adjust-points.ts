import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { Adjustment, AdjustPointsBody } from '#schemas/points.ts';
import { TenantParams } from '#schemas/tenants.ts';
import { adjustPoints } from '#src/points/adjust-points.ts';
import { TOO_FEW_POINTS } from '#src/points/errors.ts';

export const adjustPointsRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/tenants/:tenantId/points',
    {
      config: { errors: [TOO_FEW_POINTS] },
      schema: {
        operationId: 'adjustPoints',
        tags: ['Points'],
        summary: 'Give or take points by hand',
        description: 'For one who is or was a member. The ledger keeps it with its note; send an `Idempotency-Key`.',
        params: TenantParams,
        body: AdjustPointsBody,
        response: { 201: success(Adjustment) },
      },
    },
    async (request, reply) => {
      return reply.code(201).send(ok(await adjustPoints(request.ctx, { ...request.params, body: request.body })));
    },
  );
};
