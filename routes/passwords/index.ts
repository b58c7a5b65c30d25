import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { changePasswordRoute } from './change-password.ts';
import { forgotPasswordRoute } from './forgot-password.ts';
import { resendVerificationRoute } from './resend-verification.ts';
import { resetPasswordRoute } from './reset-password.ts';
import { verifyEmailRoute } from './verify-email.ts';

export const passwordRoutes: FastifyPluginAsyncZod = async (app) => {
  await app.register(forgotPasswordRoute);
  await app.register(resetPasswordRoute);
  await app.register(changePasswordRoute);
  await app.register(verifyEmailRoute);
  await app.register(resendVerificationRoute);
};
