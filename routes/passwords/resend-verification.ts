import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { MailAccepted } from '#schemas/credentials.ts';
import { ok, success } from '#schemas/envelope.ts';
import { EMAIL_VERIFIED, NO_EMAIL } from '#src/auth/errors.ts';
import { resendVerification } from '#src/auth/resend-verification.ts';
import { userCtx } from '#src/auth/user-ctx.ts';

export const resendVerificationRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/email/resend',
    {
      config: { errors: [EMAIL_VERIFIED, NO_EMAIL] },
      schema: {
        operationId: 'resendVerification',
        tags: ['Passwords'],
        summary: 'Mail me another token to prove my address',
        description: 'At most one mail a minute.',
        response: { 200: success(MailAccepted) },
      },
    },
    async (request) => ok(await resendVerification(userCtx(request.ctx))),
  );
};
