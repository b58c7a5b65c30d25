import type { Db } from '#db/client.ts';
import { insertUser, type UserRow } from '#db/queries/users.ts';
import { findWalletUser, insertWallet } from '#db/queries/wallets.ts';
import type { Session } from '#schemas/auth.ts';
import { listBelongings, showUser } from '../auth/show-user.ts';
import { startSession } from '../auth/start-session.ts';
import { type Ctx, withTx } from '../context.ts';
import { isUniqueViolation } from '../lib/database-errors.ts';
import { newId } from '../lib/ids.ts';
import { proveWallet, type SignedMessage, spendNonce, type WalletProof } from './prove-wallet.ts';

/** Signs in with a wallet. One that is not known gets an account of its own, without an e-mail: it proves none. */
export async function logInWithWallet(ctx: Ctx, { message, signature }: SignedMessage): Promise<Session> {
  const now = ctx.clock.now();
  const proof = await proveWallet(ctx, { message, signature, userId: null, now });
  const enter = () => withTx(ctx, (tx) => openAccount(ctx, { db: tx, proof, now }));
  const { user, tokens } = await enter().catch((error) => {
    // Another first sign-in of this wallet has made its account at the same time.
    if (isUniqueViolation(error, 'wallets_pkey')) return enter();
    throw error;
  });
  return { ...tokens, user: showUser(ctx, user, await listBelongings(ctx.db, user.id)) };
}

async function openAccount(ctx: Ctx, { db, proof, now }: { db: Db; proof: WalletProof; now: Date }) {
  await spendNonce(db, proof);
  const user = (await findWalletUser(db, proof.address)) ?? (await createAccount(db, { address: proof.address, now }));
  const tokens = await startSession(ctx, { db, userId: user.id, now });
  return { user, tokens };
}

async function createAccount(db: Db, { address, now }: { address: string; now: Date }): Promise<UserRow> {
  const user: UserRow = {
    id: newId(),
    email: null,
    passwordHash: null,
    name: null,
    emailVerifiedAt: null,
    platformRole: 'user',
    timezone: null,
    locale: null,
    avatarKey: null,
    signupTenantId: null,
    signupReferralCode: null,
    createdAt: now,
    updatedAt: now,
  };
  await insertUser(db, user);
  await insertWallet(db, { address, userId: user.id, linkedAt: now });
  return user;
}
