import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { WalletNonce } from '#schemas/credentials.ts';
import { ok, success } from '#schemas/envelope.ts';
import { createWalletNonce } from '#src/wallets/create-wallet-nonce.ts';

export const createWalletNonceRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/nonce',
    {
      schema: {
        operationId: 'createWalletNonce',
        tags: ['Wallets'],
        summary: 'Ask for a nonce to sign',
        description:
          'Good for one message within 10 minutes. Asked for with an access token it links a wallet to that user and does nothing else; without one it signs in. The message must name the domain, the URI and the chain of this answer.',
        response: { 200: success(WalletNonce) },
      },
    },
    async (request) => ok(await createWalletNonce(request.ctx, { origin: request.headers.origin })),
  );
};
