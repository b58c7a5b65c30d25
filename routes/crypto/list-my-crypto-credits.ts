import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { CryptoCredit, MyCreditsQuery } from '#schemas/crypto-credits.ts';
import { okPage, pageOf } from '#schemas/envelope.ts';
import { userCtx } from '#src/auth/user-ctx.ts';
import { listMyCryptoCredits } from '#src/crypto/list-my-crypto-credits.ts';

export const listMyCryptoCreditsRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/credits',
    {
      schema: {
        operationId: 'listMyCryptoCredits',
        tags: ['Crypto'],
        summary: 'What I am owed as credit',
        description:
          'What the caller has paid too much, short or late to brands whose policy for that is `credit`, newest first: in all brands, or in one. It is taken off the next payment in the same asset on the same chain.',
        querystring: MyCreditsQuery,
        response: { 200: pageOf(CryptoCredit) },
      },
    },
    async (request) => okPage(await listMyCryptoCredits(userCtx(request.ctx), request.query)),
  );
};
