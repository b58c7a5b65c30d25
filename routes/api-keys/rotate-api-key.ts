import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ApiKeyParams, NewApiKey, RotateApiKeyBody } from '#schemas/api-keys.ts';
import { ok, success } from '#schemas/envelope.ts';
import { API_KEY_DISABLED, API_KEY_ENDED, API_KEY_LIMIT } from '#src/api-keys/errors.ts';
import { rotateApiKey } from '#src/api-keys/rotate-api-key.ts';
import { tenantOf } from '#src/auth/tenant-of.ts';
import { userCtx } from '#src/auth/user-ctx.ts';

export const rotateApiKeyRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/:apiKeyId/rotate',
    {
      config: { errors: [API_KEY_DISABLED, API_KEY_ENDED, API_KEY_LIMIT] },
      schema: {
        operationId: 'rotateApiKey',
        tags: ['API keys'],
        summary: 'Replace an API key',
        description:
          'The new key has the name, scopes, limits and expiry of the old one, which works on for the overlap: 24 hours if not said, 0 ends it now. Both take from the same credits, so that a rotation neither adds nor loses any.',
        params: ApiKeyParams,
        body: RotateApiKeyBody,
        response: { 201: success(NewApiKey) },
      },
    },
    async (request, reply) =>
      reply.code(201).send(
        ok(
          await rotateApiKey(userCtx(request.ctx), {
            ...request.body,
            ...request.params,
            tenantId: tenantOf(request.ctx),
          }),
        ),
      ),
  );
};
