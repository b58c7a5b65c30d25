import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { CryptoSettings } from '#schemas/crypto.ts';
import { ok, success } from '#schemas/envelope.ts';
import { TenantParams } from '#schemas/tenants.ts';
import { getCryptoSettings } from '#src/crypto/get-crypto-settings.ts';

export const getCryptoSettingsRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/tenant/:tenantId/settings',
    {
      schema: {
        operationId: 'getCryptoSettings',
        tags: ['Crypto'],
        summary: 'How the brand takes crypto',
        params: TenantParams,
        response: { 200: success(CryptoSettings) },
      },
    },
    async (request) => ok(await getCryptoSettings(request.ctx, request.params)),
  );
};
