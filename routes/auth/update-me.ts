import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { Me, UpdateMeBody } from '#schemas/auth.ts';
import { ok, success } from '#schemas/envelope.ts';
import { updateMe } from '#src/auth/update-me.ts';
import { userCtx } from '#src/auth/user-ctx.ts';

export const updateMeRoute: FastifyPluginAsyncZod = async (app) => {
  app.patch(
    '/me',
    {
      schema: {
        operationId: 'updateMe',
        tags: ['Auth'],
        summary: 'Change my name, time zone or locale',
        body: UpdateMeBody,
        response: { 200: success(Me) },
      },
    },
    async (request) => ok(await updateMe(userCtx(request.ctx), request.body)),
  );
};
