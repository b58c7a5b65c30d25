import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { RegisterBody, Session } from '#schemas/auth.ts';
import { ok, success } from '#schemas/envelope.ts';
import { EMAIL_TAKEN } from '#src/auth/errors.ts';
import { registerUser } from '#src/auth/register-user.ts';
import { NOT_FOUND } from '#src/lib/errors.ts';

export const registerUserRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/register',
    {
      config: { errors: [EMAIL_TAKEN, NOT_FOUND] },
      schema: {
        operationId: 'registerUser',
        tags: ['Auth'],
        summary: 'Register with an e-mail address',
        description: 'Makes an account and signs it in. 404 when `tenantId` names no brand.',
        body: RegisterBody,
        response: { 201: success(Session) },
      },
    },
    async (request, reply) => reply.code(201).send(ok(await registerUser(request.ctx, request.body))),
  );
};
