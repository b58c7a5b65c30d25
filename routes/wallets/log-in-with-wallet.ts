import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { Session } from '#schemas/auth.ts';
import { SignedMessageBody } from '#schemas/credentials.ts';
import { ok, success } from '#schemas/envelope.ts';
import { REASONS, SIGNED_MESSAGE_REFUSED } from '#src/wallets/errors.ts';
import { logInWithWallet } from '#src/wallets/log-in-with-wallet.ts';

const reasons = Object.entries(REASONS).map(([reason, meaning]) => `- \`${reason}\`: ${meaning}`);

export const logInWithWalletRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/login',
    {
      config: { errors: [SIGNED_MESSAGE_REFUSED] },
      schema: {
        operationId: 'logInWithWallet',
        tags: ['Wallets'],
        summary: 'Sign in with a wallet (EIP-4361)',
        description: `A wallet that is not known gets an account of its own, without an e-mail. Contract wallets (ERC-1271, ERC-6492) sign in where the service has an RPC; when that fails the answer is 503. A message that is refused says why in \`details.reason\`:\n\n${reasons.join('\n')}`,
        body: SignedMessageBody,
        response: { 200: success(Session) },
      },
    },
    async (request) => ok(await logInWithWallet(request.ctx, request.body)),
  );
};
