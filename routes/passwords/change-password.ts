import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { SessionsEnded } from '#schemas/auth.ts';
import { ChangePasswordBody } from '#schemas/credentials.ts';
import { ok, success } from '#schemas/envelope.ts';
import { changePassword } from '#src/auth/change-password.ts';
import { INVALID_CREDENTIALS, NO_PASSWORD, TOO_MANY_ATTEMPTS } from '#src/auth/errors.ts';
import { userCtx } from '#src/auth/user-ctx.ts';

export const changePasswordRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/password/change',
    {
      config: { errors: [INVALID_CREDENTIALS, NO_PASSWORD, TOO_MANY_ATTEMPTS] },
      schema: {
        operationId: 'changePassword',
        tags: ['Passwords'],
        summary: 'Change my password',
        description: 'Ends the other sessions of the account. Wrong guesses are slowed down as at sign-in.',
        body: ChangePasswordBody,
        response: { 200: success(SessionsEnded) },
      },
    },
    async (request) => ok(await changePassword(userCtx(request.ctx), request.body)),
  );
};
