import { and, eq, inArray, isNull, sql } from 'drizzle-orm';
import type { Db } from '../client.ts';
import { prepared } from '../prepared.ts';
import { knownWallets, walletNonces, wallets } from '../schema/credentials.ts';
import { cryptoTransfers } from '../schema/crypto.ts';
import { users } from '../schema/users.ts';
import type { UserRow } from './users.ts';

export type WalletRow = typeof wallets.$inferSelect;
export type WalletNonceRow = typeof walletNonces.$inferSelect;

const addresses = prepared((db) =>
  db
    .select({ address: wallets.address })
    .from(wallets)
    .where(eq(wallets.userId, sql.placeholder('userId')))
    .orderBy(wallets.linkedAt, wallets.address)
    .prepare('list_wallets'),
);

/** The addresses of a person, in the order in which they were linked. */
export async function listWallets(db: Db, userId: string): Promise<string[]> {
  return (await addresses(db).execute({ userId })).map(({ address }) => address);
}

/** The account that a wallet signs in to. */
export async function findWalletUser(db: Db, address: string): Promise<UserRow | undefined> {
  const rows = await db
    .select({ user: users })
    .from(wallets)
    .innerJoin(users, eq(users.id, wallets.userId))
    .where(eq(wallets.address, address));
  return rows[0]?.user;
}

export async function findWallet(db: Db, { address, userId }: { address: string; userId: string }) {
  const rows = await db
    .select()
    .from(wallets)
    .where(and(eq(wallets.address, address), eq(wallets.userId, userId)));
  return rows[0];
}

/** The primary key settles two first sign-ins of one wallet. */
export async function insertWallet(db: Db, wallet: WalletRow): Promise<void> {
  await db.insert(wallets).values(wallet);
  await rememberWallet(db, wallet);
}

async function rememberWallet(db: Db, { address, userId, linkedAt: firstLinkedAt }: WalletRow): Promise<void> {
  await db.insert(knownWallets).values({ address, userId, firstLinkedAt }).onConflictDoNothing();
}

/** Whether both have ever had one wallet. */
export async function shareWallet(db: Db, userIds: [string, string]): Promise<boolean> {
  const rows = await db
    .select({ address: knownWallets.address })
    .from(knownWallets)
    .where(inArray(knownWallets.userId, userIds))
    .groupBy(knownWallets.address)
    .having(sql`count(*) > 1`)
    .limit(1);
  return rows.length > 0;
}

type Paying = { tenantId: string; paymentId: string; userId: string };

/** Whether money of a payment came from a wallet that the person has ever had; transfers keep addresses in lower case. */
export async function isPaidFromWalletOf(db: Db, { tenantId, paymentId, userId }: Paying): Promise<boolean> {
  const rows = await db
    .select({ id: cryptoTransfers.id })
    .from(cryptoTransfers)
    .innerJoin(knownWallets, sql`lower(${knownWallets.address}) = ${cryptoTransfers.from}`)
    .where(
      and(
        eq(cryptoTransfers.tenantId, tenantId),
        eq(cryptoTransfers.paymentId, paymentId),
        isNull(cryptoTransfers.reversedAt),
        eq(cryptoTransfers.verdict, sql.raw("'credited'")),
        eq(knownWallets.userId, userId),
      ),
    )
    .limit(1);
  return rows.length > 0;
}

/** The wallet as it is afterwards: of somebody else, if it was linked before. */
export async function insertOrFindWallet(db: Db, wallet: WalletRow): Promise<WalletRow | undefined> {
  const rows = await db
    .insert(wallets)
    .values(wallet)
    // Changes nothing, but waits for whoever links it at this moment, and answers the row.
    .onConflictDoUpdate({ target: wallets.address, set: { address: wallet.address } })
    .returning();
  const [linked] = rows;
  if (linked?.userId === wallet.userId) await rememberWallet(db, linked);
  return linked;
}

/** False when the wallet is not this person's. */
export async function deleteWallet(db: Db, { userId, address }: { userId: string; address: string }): Promise<boolean> {
  const rows = await db
    .delete(wallets)
    .where(and(eq(wallets.address, address), eq(wallets.userId, userId)))
    .returning({ address: wallets.address });
  return rows.length === 1;
}

/** All wallets of a person, with the nonces that would link another. */
export async function deleteWallets(db: Db, userId: string): Promise<void> {
  await db.delete(wallets).where(eq(wallets.userId, userId));
  await db.delete(walletNonces).where(eq(walletNonces.userId, userId));
}

/** Locks the person's row, so that their ways to sign in change one at a time. */
export async function findCredentialsForUpdate(db: Db, userId: string) {
  const rows = await db
    .select({ email: users.email, passwordHash: users.passwordHash })
    .from(users)
    .where(eq(users.id, userId))
    .for('update');
  return rows[0];
}

export async function insertWalletNonce(db: Db, nonce: WalletNonceRow): Promise<void> {
  await db.insert(walletNonces).values(nonce);
}

export async function findWalletNonce(db: Db, nonce: string): Promise<WalletNonceRow | undefined> {
  return (await db.select().from(walletNonces).where(eq(walletNonces.nonce, nonce)))[0];
}

/** False when it is gone: of two calls with one nonce, one gets it. */
export async function deleteWalletNonce(db: Db, nonce: string): Promise<boolean> {
  const rows = await db
    .delete(walletNonces)
    .where(eq(walletNonces.nonce, nonce))
    .returning({ nonce: walletNonces.nonce });
  return rows.length === 1;
}
