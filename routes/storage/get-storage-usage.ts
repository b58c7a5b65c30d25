import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { StorageUsage } from '#schemas/storage.ts';
import { tenantOf } from '#src/auth/tenant-of.ts';
import { getStorageUsage } from '#src/storage/get-storage-usage.ts';

export const getStorageUsageRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/usage',
    {
      schema: {
        operationId: 'getStorageUsage',
        tags: ['Storage'],
        summary: 'How much of its room a brand uses',
        response: { 200: success(StorageUsage) },
      },
    },
    async (request) => ok(await getStorageUsage(request.ctx, { tenantId: tenantOf(request.ctx) })),
  );
};
