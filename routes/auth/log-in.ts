import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { LogInBody, Session } from '#schemas/auth.ts';
import { ok, success } from '#schemas/envelope.ts';
import { INVALID_CREDENTIALS, TOO_MANY_ATTEMPTS } from '#src/auth/errors.ts';
import { logIn } from '#src/auth/log-in.ts';

export const logInRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/login',
    {
      config: { errors: [INVALID_CREDENTIALS, TOO_MANY_ATTEMPTS] },
      schema: {
        operationId: 'logIn',
        tags: ['Auth'],
        summary: 'Sign in with e-mail and password',
        description:
          'An unknown e-mail and a wrong password are one answer. After five failures for an account from one address the next attempt waits, at most 30 seconds: 429 with Retry-After.',
        body: LogInBody,
        response: { 200: success(Session) },
      },
    },
    async (request) => ok(await logIn(request.ctx, request.body)),
  );
};
