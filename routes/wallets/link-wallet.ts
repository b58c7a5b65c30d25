import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { SignedMessageBody, Wallet } from '#schemas/credentials.ts';
import { ok, success } from '#schemas/envelope.ts';
import { userCtx } from '#src/auth/user-ctx.ts';
import { SIGNED_MESSAGE_REFUSED, WALLET_LIMIT, WALLET_TAKEN } from '#src/wallets/errors.ts';
import { linkWallet } from '#src/wallets/link-wallet.ts';

export const linkWalletRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/link',
    {
      config: { errors: [SIGNED_MESSAGE_REFUSED, WALLET_LIMIT, WALLET_TAKEN] },
      schema: {
        operationId: 'linkWallet',
        tags: ['Wallets'],
        summary: 'Link a wallet to my account',
        description:
          'The nonce must have been asked for with my access token. A wallet that is mine already is answered again. The reasons of a refused message are those of the sign-in.',
        body: SignedMessageBody,
        response: { 200: success(Wallet) },
      },
    },
    async (request) => ok(await linkWallet(userCtx(request.ctx), request.body)),
  );
};
