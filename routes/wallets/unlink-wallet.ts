import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { WalletParams, WalletRemoved } from '#schemas/credentials.ts';
import { ok, success } from '#schemas/envelope.ts';
import { userCtx } from '#src/auth/user-ctx.ts';
import { NOT_FOUND } from '#src/lib/errors.ts';
import { LAST_CREDENTIAL } from '#src/wallets/errors.ts';
import { unlinkWallet } from '#src/wallets/unlink-wallet.ts';

export const unlinkWalletRoute: FastifyPluginAsyncZod = async (app) => {
  app.delete(
    '/:address',
    {
      config: { errors: [NOT_FOUND, LAST_CREDENTIAL] },
      schema: {
        operationId: 'unlinkWallet',
        tags: ['Wallets'],
        summary: 'Unlink a wallet from my account',
        description: 'The last way to sign in stays: 409. Sessions that the wallet has opened go on.',
        params: WalletParams,
        response: { 200: success(WalletRemoved) },
      },
    },
    async (request) => ok(await unlinkWallet(userCtx(request.ctx), request.params)),
  );
};
