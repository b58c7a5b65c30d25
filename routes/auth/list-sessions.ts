import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { SessionInfo } from '#schemas/auth.ts';
import { ok, success } from '#schemas/envelope.ts';
import { listSessions } from '#src/auth/list-sessions.ts';
import { userCtx } from '#src/auth/user-ctx.ts';

export const listSessionsRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/sessions',
    {
      schema: {
        operationId: 'listSessions',
        tags: ['Auth'],
        summary: 'List my sessions',
        response: { 200: success(z.array(SessionInfo)) },
      },
    },
    async (request) => ok(await listSessions(userCtx(request.ctx))),
  );
};
