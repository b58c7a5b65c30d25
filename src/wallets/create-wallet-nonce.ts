import { randomBytes } from 'node:crypto';
import { insertWalletNonce } from '#db/queries/wallets.ts';
import type { WalletNonce } from '#schemas/credentials.ts';
import type { Ctx } from '../context.ts';
import { LIFETIMES } from '../lib/limits.ts';
import { addSeconds } from '../lib/time.ts';
import { chooseOrigin } from './rules.ts';

/** A nonce for one message. Asked for by a signed-in user it links a wallet to them, else it signs in. */
export async function createWalletNonce(ctx: Ctx, { origin }: { origin: string | undefined }): Promise<WalletNonce> {
  const { CORS_ORIGINS, PUBLIC_URL, EVM_CHAIN_ID } = ctx.deps.config;
  const terms = {
    // EIP-4361 takes letters and digits only.
    nonce: randomBytes(16).toString('hex'),
    ...chooseOrigin(origin, { listed: CORS_ORIGINS, publicUrl: PUBLIC_URL }),
    chainId: EVM_CHAIN_ID,
    expiresAt: addSeconds(ctx.clock.now(), LIFETIMES.walletNonce),
  };
  await insertWalletNonce(ctx.db, { ...terms, userId: ctx.actor.type === 'user' ? ctx.actor.userId : null });
  return terms;
}
