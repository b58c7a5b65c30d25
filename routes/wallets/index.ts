import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { createWalletNonceRoute } from './create-wallet-nonce.ts';
import { linkWalletRoute } from './link-wallet.ts';
import { logInWithWalletRoute } from './log-in-with-wallet.ts';
import { unlinkWalletRoute } from './unlink-wallet.ts';

export const walletRoutes: FastifyPluginAsyncZod = async (app) => {
  // What these answer belongs to one person: no cache keeps it.
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('cache-control', 'no-store');
  });
  await app.register(createWalletNonceRoute);
  await app.register(logInWithWalletRoute);
  await app.register(linkWalletRoute);
  await app.register(unlinkWalletRoute);
};
