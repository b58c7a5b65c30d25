import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ApiKeyParams } from '#schemas/api-keys.ts';
import { Deleted, ok, success } from '#schemas/envelope.ts';
import { revokeApiKey } from '#src/api-keys/revoke-api-key.ts';
import { tenantOf } from '#src/auth/tenant-of.ts';

export const revokeApiKeyRoute: FastifyPluginAsyncZod = async (app) => {
  app.delete(
    '/:apiKeyId',
    {
      schema: {
        operationId: 'revokeApiKey',
        tags: ['API keys'],
        summary: 'Revoke an API key',
        description: 'At once and for good; the key stays in the list with `revokedAt`.',
        params: ApiKeyParams,
        response: { 200: success(Deleted) },
      },
    },
    async (request) => ok(await revokeApiKey(request.ctx, { ...request.params, tenantId: tenantOf(request.ctx) })),
  );
};
