import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ApiKeyParams, ApiKeyUsage, UsageQuery } from '#schemas/api-keys.ts';
import { ok, success } from '#schemas/envelope.ts';
import { getApiKeyUsage } from '#src/api-keys/get-api-key-usage.ts';
import { tenantOf } from '#src/auth/tenant-of.ts';

export const getApiKeyUsageRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/:apiKeyId/usage',
    {
      schema: {
        operationId: 'getApiKeyUsage',
        tags: ['API keys'],
        summary: 'What an API key was used for',
        description:
          "By day (UTC) and operation, with the month's quota of the brand and the key's own credits. Requests that a limit refused are not counted. Other processes bring their counts every five seconds.",
        params: ApiKeyParams,
        querystring: UsageQuery,
        response: { 200: success(ApiKeyUsage) },
      },
    },
    async (request) =>
      ok(await getApiKeyUsage(request.ctx, { ...request.params, ...request.query, tenantId: tenantOf(request.ctx) })),
  );
};
