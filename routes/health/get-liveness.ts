import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { Health } from '#schemas/health.ts';
import { getHealth } from '#src/health/get-health.ts';

export const getLivenessRoute: FastifyPluginAsyncZod<{ hide: boolean }> = async (app, { hide }) => {
  app.get(
    '/live',
    {
      schema: {
        operationId: 'getLiveness',
        tags: ['Health'],
        hide,
        summary: 'Is the process alive?',
        description: 'Never touches a dependency: a database that is down must not restart every process.',
        response: { 200: success(Health) },
      },
    },
    async () => ok(getHealth()),
  );
};
