import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { SessionParams } from '#schemas/auth.ts';
import { Deleted, ok, success } from '#schemas/envelope.ts';
import { endSession } from '#src/auth/end-session.ts';
import { userCtx } from '#src/auth/user-ctx.ts';
import { NOT_FOUND } from '#src/lib/errors.ts';

export const endSessionRoute: FastifyPluginAsyncZod = async (app) => {
  app.delete(
    '/sessions/:sessionId',
    {
      config: { errors: [NOT_FOUND] },
      schema: {
        operationId: 'endSession',
        tags: ['Auth'],
        summary: 'End one of my sessions',
        params: SessionParams,
        response: { 200: success(Deleted) },
      },
    },
    async (request) => ok(await endSession(userCtx(request.ctx), request.params)),
  );
};
