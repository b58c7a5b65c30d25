import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { endSessionRoute } from './end-session.ts';
import { getMeRoute } from './get-me.ts';
import { listSessionsRoute } from './list-sessions.ts';
import { logInRoute } from './log-in.ts';
import { logOutRoute } from './log-out.ts';
import { refreshSessionRoute } from './refresh-session.ts';
import { registerUserRoute } from './register-user.ts';
import { updateMeRoute } from './update-me.ts';
import { verifyTokenRoute } from './verify-token.ts';

export const authRoutes: FastifyPluginAsyncZod = async (app) => {
  // What these answer belongs to one person: no cache keeps it.
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('cache-control', 'no-store');
  });
  await app.register(registerUserRoute);
  await app.register(logInRoute);
  await app.register(verifyTokenRoute);
  await app.register(refreshSessionRoute);
  await app.register(logOutRoute);
  await app.register(listSessionsRoute);
  await app.register(endSessionRoute);
  await app.register(getMeRoute);
  await app.register(updateMeRoute);
};
