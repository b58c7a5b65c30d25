import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { Me } from '#schemas/auth.ts';
import { ok, success } from '#schemas/envelope.ts';
import { getMe } from '#src/auth/get-me.ts';
import { userCtx } from '#src/auth/user-ctx.ts';

export const getMeRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/me',
    {
      schema: {
        operationId: 'getMe',
        tags: ['Auth'],
        summary: 'Who am I?',
        response: { 200: success(Me) },
      },
    },
    async (request) => ok(await getMe(userCtx(request.ctx))),
  );
};
