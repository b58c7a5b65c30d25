import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ApiKeyVerification, VerifyApiKeyBody } from '#schemas/api-keys.ts';
import { ok, success } from '#schemas/envelope.ts';
import { verifyApiKey } from '#src/api-keys/verify-api-key.ts';
import { tenantOf } from '#src/auth/tenant-of.ts';

export const verifyApiKeyRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/verify',
    {
      schema: {
        operationId: 'verifyApiKey',
        tags: ['API keys'],
        summary: 'Would this key be taken?',
        description:
          'For the people of the brand: `code` says precisely why a key is refused, where its bearer gets the one 401 `INVALID_API_KEY`. A key of another brand is `NOT_FOUND`. Changes nothing, and takes no credit: `USAGE_EXCEEDED` says that the key has none left, or the brand no requests this month.',
        body: VerifyApiKeyBody,
        response: { 200: success(ApiKeyVerification) },
      },
    },
    async (request) => ok(await verifyApiKey(request.ctx, { ...request.body, tenantId: tenantOf(request.ctx) })),
  );
};
