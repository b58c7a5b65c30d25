import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { CryptoChain } from '#schemas/crypto.ts';
import { ok, success } from '#schemas/envelope.ts';
import { listCryptoChains } from '#src/crypto/list-crypto-assets.ts';

export const listCryptoChainsRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/chains',
    {
      schema: {
        operationId: 'listCryptoChains',
        tags: ['Crypto'],
        summary: 'The chains that payments can be made on',
        description: "The operator's: a brand chooses among them.",
        response: { 200: success(z.array(CryptoChain)) },
      },
    },
    async (request) => ok(listCryptoChains(request.ctx)),
  );
};
