import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { CryptoAsset, CryptoAssetsQuery } from '#schemas/crypto.ts';
import { ok, success } from '#schemas/envelope.ts';
import { listCryptoAssets } from '#src/crypto/list-crypto-assets.ts';
import { NOT_FOUND } from '#src/lib/errors.ts';

export const listCryptoAssetsRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/assets',
    {
      config: { errors: [NOT_FOUND] },
      schema: {
        operationId: 'listCryptoAssets',
        tags: ['Crypto'],
        summary: 'In what a brand can be paid',
        querystring: CryptoAssetsQuery,
        response: { 200: success(z.array(CryptoAsset)) },
      },
    },
    async (request) => ok(await listCryptoAssets(request.ctx, request.query)),
  );
};
