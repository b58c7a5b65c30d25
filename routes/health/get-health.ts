import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { Health } from '#schemas/health.ts';
import { getHealth } from '#src/health/get-health.ts';

export const getHealthRoute: FastifyPluginAsyncZod<{ hide: boolean }> = async (app, { hide }) => {
  app.get(
    '',
    {
      schema: {
        operationId: 'getHealth',
        tags: ['Health'],
        hide,
        summary: 'Is the service up?',
        response: { 200: success(Health) },
      },
    },
    async () => ok(getHealth()),
  );
};
