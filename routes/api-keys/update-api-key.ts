import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ApiKey, ApiKeyParams, UpdateApiKeyBody } from '#schemas/api-keys.ts';
import { ok, success } from '#schemas/envelope.ts';
import { API_KEY_ENDED } from '#src/api-keys/errors.ts';
import { updateApiKey } from '#src/api-keys/update-api-key.ts';
import { tenantOf } from '#src/auth/tenant-of.ts';

export const updateApiKeyRoute: FastifyPluginAsyncZod = async (app) => {
  app.patch(
    '/:apiKeyId',
    {
      config: { errors: [API_KEY_ENDED] },
      schema: {
        operationId: 'updateApiKey',
        tags: ['API keys'],
        summary: 'Rename, limit, disable or enable an API key',
        params: ApiKeyParams,
        body: UpdateApiKeyBody,
        response: { 200: success(ApiKey) },
      },
    },
    async (request) =>
      ok(await updateApiKey(request.ctx, { ...request.params, change: request.body, tenantId: tenantOf(request.ctx) })),
  );
};
