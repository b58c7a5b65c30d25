import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { Readiness } from '#schemas/health.ts';
import { requireReadiness } from '#src/health/require-readiness.ts';

export const getReadinessRoute: FastifyPluginAsyncZod<{ hide: boolean }> = async (app, { hide }) => {
  app.get(
    '/ready',
    {
      schema: {
        operationId: 'getReadiness',
        tags: ['Health'],
        hide,
        summary: 'Can the service take traffic?',
        description:
          'Checked at most every two seconds. 503 while a dependency is down, migrations are pending or shutdown has begun, with `details.reason` and the same `details.checks`.',
        response: { 200: success(Readiness) },
      },
    },
    async (request) => ok(await requireReadiness(request.ctx)),
  );
};
