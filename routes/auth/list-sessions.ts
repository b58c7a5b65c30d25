import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { SessionInfo } from '#schemas/auth.ts';
import { PageQuery } from '#schemas/common.ts';
import { okPage, pageOf } from '#schemas/envelope.ts';
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
        querystring: PageQuery,
        response: { 200: pageOf(SessionInfo) },
      },
    },
    async (request) => okPage(await listSessions(userCtx(request.ctx), request.query)),
  );
};
