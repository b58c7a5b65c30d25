import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { CryptoTransfer, CryptoTransfersQuery } from '#schemas/crypto-payments.ts';
import { okPage, pageOf } from '#schemas/envelope.ts';
import { TenantParams } from '#schemas/tenants.ts';
import { listCryptoTransfers } from '#src/crypto/list-crypto-transfers.ts';

export const listCryptoTransfersRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/tenant/:tenantId/transfers',
    {
      schema: {
        operationId: 'listCryptoTransfers',
        tags: ['Crypto'],
        summary: "What arrived at the brand's addresses",
        description:
          'Newest first: also what pays for nothing, such as another token (`wrong_asset`) or an amount that nobody was asked for (`unmatched`). A transfer of the native asset that a contract makes inside a transaction stands in no block and is not seen.',
        params: TenantParams,
        querystring: CryptoTransfersQuery,
        response: { 200: pageOf(CryptoTransfer) },
      },
    },
    async (request) => okPage(await listCryptoTransfers(request.ctx, { ...request.query, ...request.params })),
  );
};
