import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { SessionsEnded } from '#schemas/auth.ts';
import { ResetPasswordBody } from '#schemas/credentials.ts';
import { ok, success } from '#schemas/envelope.ts';
import { resetPassword } from '#src/auth/reset-password.ts';
import { TOKEN_EXPIRED, UNAUTHORIZED } from '#src/lib/errors.ts';

export const resetPasswordRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/password/reset',
    {
      config: { errors: [TOKEN_EXPIRED, UNAUTHORIZED] },
      schema: {
        operationId: 'resetPassword',
        tags: ['Passwords'],
        summary: 'Set a new password with a mailed token',
        description: 'Ends every session of the account. The address counts as proved.',
        body: ResetPasswordBody,
        response: { 200: success(SessionsEnded) },
      },
    },
    async (request) => ok(await resetPassword(request.ctx, request.body)),
  );
};
