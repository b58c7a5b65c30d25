import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ApiKey } from '#schemas/api-keys.ts';
import { PageQuery } from '#schemas/common.ts';
import { okPage, pageOf } from '#schemas/envelope.ts';
import { listApiKeys } from '#src/api-keys/list-api-keys.ts';
import { tenantOf } from '#src/auth/tenant-of.ts';

export const listApiKeysRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '',
    {
      schema: {
        operationId: 'listApiKeys',
        tags: ['API keys'],
        summary: 'List the API keys of my brand',
        querystring: PageQuery,
        response: { 200: pageOf(ApiKey) },
      },
    },
    async (request) => okPage(await listApiKeys(request.ctx, { tenantId: tenantOf(request.ctx), ...request.query })),
  );
};
