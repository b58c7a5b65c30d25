import { findCredentialsForUpdate, findWallet, insertOrFindWallet, listWallets } from '#db/queries/wallets.ts';
import type { Wallet } from '#schemas/credentials.ts';
import { type Ctx, type UserActor, withTx } from '../context.ts';
import { AppError } from '../lib/errors.ts';
import { WALLET_LIMIT, WALLET_TAKEN } from './errors.ts';
import { parseMessage } from './parse-message.ts';
import { proveWallet, type SignedMessage, spendNonce } from './prove-wallet.ts';
import { MAX_WALLETS } from './rules.ts';

/** Adds a wallet to the caller's ways to sign in. One that is theirs already stays as it is, so that a retry is safe. */
export async function linkWallet(ctx: Ctx<UserActor>, { message, signature }: SignedMessage): Promise<Wallet> {
  const now = ctx.clock.now();
  const { userId } = ctx.actor;
  const linked = await findLinked(ctx, { message, userId });
  if (linked) return linked;
  const proof = await proveWallet(ctx, { message, signature, userId, now });
  return withTx(ctx, async (tx) => {
    await spendNonce(tx, proof);
    // Held, so that two links at once do not both find room.
    await findCredentialsForUpdate(tx, userId);
    const wallet = await insertOrFindWallet(tx, { address: proof.address, userId, linkedAt: now });
    if (wallet?.userId !== userId) throw new AppError(WALLET_TAKEN);
    if ((await listWallets(tx, userId)).length > MAX_WALLETS) throw new AppError(WALLET_LIMIT);
    return { address: wallet.address, linkedAt: wallet.linkedAt };
  });
}

async function findLinked(ctx: Ctx, { message, userId }: { message: string; userId: string }): Promise<Wallet | null> {
  const parsed = parseMessage(message);
  if (!parsed) return null;
  const address = await ctx.deps.signatures.checksum(parsed.address);
  const wallet = await findWallet(ctx.db, { address, userId });
  return wallet ? { address, linkedAt: wallet.linkedAt } : null;
}
