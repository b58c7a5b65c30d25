import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { CreateApiKeyBody, NewApiKey } from '#schemas/api-keys.ts';
import { ok, success } from '#schemas/envelope.ts';
import { createApiKey } from '#src/api-keys/create-api-key.ts';
import { API_KEY_LIMIT } from '#src/api-keys/errors.ts';
import { tenantOf } from '#src/auth/tenant-of.ts';
import { userCtx } from '#src/auth/user-ctx.ts';

export const createApiKeyRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '',
    {
      config: { errors: [API_KEY_LIMIT] },
      schema: {
        operationId: 'createApiKey',
        tags: ['API keys'],
        summary: 'Make an API key',
        description:
          'The key belongs to the brand, not to its maker, and counts as an admin: with `read` for GET, with `write` for everything else. It is shown this once. A key makes no keys and manages no people. With `credits` it has a number of requests: each one that authentication and the limits let pass takes one, whatever its answer (a 400 or a replay too), and with none left the answer is 402 `KEY_CREDITS_EXHAUSTED`. What is refused before (401, 403, 429, 402) takes none.',
        body: CreateApiKeyBody,
        response: { 201: success(NewApiKey) },
      },
    },
    async (request, reply) =>
      reply
        .code(201)
        .send(ok(await createApiKey(userCtx(request.ctx), { ...request.body, tenantId: tenantOf(request.ctx) }))),
  );
};
