import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { EmailVerified, VerifyEmailBody } from '#schemas/credentials.ts';
import { ok, success } from '#schemas/envelope.ts';
import { verifyEmail } from '#src/auth/verify-email.ts';
import { TOKEN_EXPIRED, UNAUTHORIZED } from '#src/lib/errors.ts';

export const verifyEmailRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/email/verify',
    {
      config: { errors: [TOKEN_EXPIRED, UNAUTHORIZED] },
      schema: {
        operationId: 'verifyEmail',
        tags: ['Passwords'],
        summary: 'Prove my e-mail address with a mailed token',
        description: 'The token comes with the registration and is good for 24 hours, once.',
        body: VerifyEmailBody,
        response: { 200: success(EmailVerified) },
      },
    },
    async (request) => ok(await verifyEmail(request.ctx, request.body)),
  );
};
