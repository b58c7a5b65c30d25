import { deleteWallet, findCredentialsForUpdate, listWallets } from '#db/queries/wallets.ts';
import { type Ctx, type UserActor, withTx } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { LAST_CREDENTIAL } from './errors.ts';
import { isLastCredential } from './rules.ts';

/** Takes a wallet from the caller's ways to sign in, unless it is the last. Sessions go on. */
export async function unlinkWallet(
  ctx: Ctx<UserActor>,
  input: { address: string },
): Promise<{ address: string; deleted: true }> {
  const { userId } = ctx.actor;
  const address = await ctx.deps.signatures.checksum(input.address);
  return withTx(ctx, async (tx) => {
    const credentials = await findCredentialsForUpdate(tx, userId);
    const wallets = await listWallets(tx, userId);
    if (!credentials || !wallets.includes(address)) throw new AppError(NOT_FOUND);
    if (isLastCredential({ ...credentials, wallets: wallets.length })) throw new AppError(LAST_CREDENTIAL);
    await deleteWallet(tx, { userId, address });
    return { address, deleted: true as const };
  });
}
