import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { CreditsQuery, CryptoCredit } from '#schemas/crypto-credits.ts';
import { okPage, pageOf } from '#schemas/envelope.ts';
import { TenantParams } from '#schemas/tenants.ts';
import { listCryptoCredits } from '#src/crypto/list-crypto-credits.ts';

export const listCryptoCreditsRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/tenant/:tenantId/credits',
    {
      schema: {
        operationId: 'listCryptoCredits',
        tags: ['Crypto'],
        summary: 'What the brand owes as credit',
        description:
          'To all its customers or one, newest first. What is left of it can also be sent back: POST /payments/crypto/:trackingId/refunds of the payment that it came from.',
        params: TenantParams,
        querystring: CreditsQuery,
        response: { 200: pageOf(CryptoCredit) },
      },
    },
    async (request) => okPage(await listCryptoCredits(request.ctx, { ...request.query, ...request.params })),
  );
};
