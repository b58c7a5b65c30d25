import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ForgotPasswordBody, MailAccepted } from '#schemas/credentials.ts';
import { ok, success } from '#schemas/envelope.ts';
import { forgotPassword } from '#src/auth/forgot-password.ts';

export const forgotPasswordRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/password/forgot',
    {
      schema: {
        operationId: 'forgotPassword',
        tags: ['Passwords'],
        summary: 'Mail me a token to reset my password',
        description:
          'The answer is the same whether or not the address has an account. The token is good for one hour, once; a second request within a minute sends no second mail.',
        body: ForgotPasswordBody,
        response: { 200: success(MailAccepted) },
      },
    },
    async (request) => ok(await forgotPassword(request.ctx, request.body)),
  );
};
