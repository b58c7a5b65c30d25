import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { Verification } from '#schemas/auth.ts';
import { ok, success } from '#schemas/envelope.ts';
import { verifyToken } from '#src/auth/verify-token.ts';

export const verifyTokenRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/verify',
    {
      schema: {
        operationId: 'verifyToken',
        tags: ['Auth'],
        summary: 'Is this access token or API key good?',
        description: '200 with its principal while the token and its session, or the key, are good; else 401.',
        response: { 200: success(Verification) },
      },
    },
    async (request) => ok(verifyToken(request.ctx)),
  );
};
