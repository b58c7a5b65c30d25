import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { Health, Readiness } from '#schemas/health.ts';
import { getHealth } from '#src/health/get-health.ts';
import { requireReadiness } from '#src/health/require-readiness.ts';

const tags = ['Health'];

/** The three probes: no authentication, no limit. `hide` leaves the copies at the root out of the document. */
export const healthRoutes: FastifyPluginAsyncZod<{ hide?: boolean }> = async (app, { hide = false }) => {
  app.get(
    '',
    {
      schema: {
        operationId: 'getHealth',
        tags,
        hide,
        summary: 'Is the service up?',
        response: { 200: success(Health) },
      },
    },
    async () => ok(getHealth()),
  );

  app.get(
    '/live',
    {
      schema: {
        operationId: 'getLiveness',
        tags,
        hide,
        summary: 'Is the process alive?',
        description: 'Never touches a dependency: a database that is down must not restart every process.',
        response: { 200: success(Health) },
      },
    },
    async () => ok(getHealth()),
  );

  app.get(
    '/ready',
    {
      schema: {
        operationId: 'getReadiness',
        tags,
        hide,
        summary: 'Can the service take traffic?',
        description:
          'Checked at most every two seconds. 503 while a dependency is down, migrations are pending or shutdown has ' +
          'begun, with `details.reason` and the same `details.checks`.',
        response: { 200: success(Readiness) },
      },
    },
    async (request) => ok(await requireReadiness(request.ctx)),
  );
};
