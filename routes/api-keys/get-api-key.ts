import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ApiKey, ApiKeyParams } from '#schemas/api-keys.ts';
import { ok, success } from '#schemas/envelope.ts';
import { getApiKey } from '#src/api-keys/get-api-key.ts';
import { tenantOf } from '#src/auth/tenant-of.ts';

export const getApiKeyRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/:apiKeyId',
    {
      schema: {
        operationId: 'getApiKey',
        tags: ['API keys'],
        summary: 'Show one API key',
        params: ApiKeyParams,
        response: { 200: success(ApiKey) },
      },
    },
    async (request) => ok(await getApiKey(request.ctx, { ...request.params, tenantId: tenantOf(request.ctx) })),
  );
};
