import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { LogOutBody, SessionsEnded } from '#schemas/auth.ts';
import { ok, success } from '#schemas/envelope.ts';
import { logOut } from '#src/auth/log-out.ts';
import { userCtx } from '#src/auth/user-ctx.ts';

export const logOutRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/logout',
    {
      schema: {
        operationId: 'logOut',
        tags: ['Auth'],
        summary: 'Sign out',
        description:
          'Ends this session, or with `all` every session of the user. Their access tokens stop working at once.',
        body: LogOutBody,
        response: { 200: success(SessionsEnded) },
      },
    },
    async (request) => ok(await logOut(userCtx(request.ctx), { all: request.body?.all ?? false })),
  );
};
