import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { RefreshBody, Session } from '#schemas/auth.ts';
import { ok, success } from '#schemas/envelope.ts';
import { REFRESH_TOKEN_REUSED } from '#src/auth/errors.ts';
import { refreshSession } from '#src/auth/refresh-session.ts';
import { TOKEN_EXPIRED, UNAUTHORIZED } from '#src/lib/errors.ts';

export const refreshSessionRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/refresh',
    {
      config: { errors: [REFRESH_TOKEN_REUSED, UNAUTHORIZED, TOKEN_EXPIRED] },
      schema: {
        operationId: 'refreshSession',
        tags: ['Auth'],
        summary: 'Trade a refresh token for a new pair',
        description: 'The token just replaced still works for 30 seconds. Used later, it ends its whole session.',
        body: RefreshBody,
        response: { 200: success(Session) },
      },
    },
    async (request) => ok(await refreshSession(request.ctx, request.body)),
  );
};
