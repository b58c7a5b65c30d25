import { and, eq, type SQLWrapper, sql } from 'drizzle-orm';
import { textArray } from '../batched.ts';
import type { Db } from '../client.ts';
import { wallets } from '../schema/credentials.ts';
import { cryptoSettings, receivingKeys } from '../schema/crypto.ts';
import { tenantMembers } from '../schema/tenants.ts';

export type CryptoSettingsRow = typeof cryptoSettings.$inferSelect;

export async function findCryptoSettings(db: Db, tenantId: string): Promise<CryptoSettingsRow | undefined> {
  return (await db.select().from(cryptoSettings).where(eq(cryptoSettings.tenantId, tenantId)))[0];
}

/** The brand's row, held; `fresh` becomes it when there is none. */
export async function holdCryptoSettings(db: Db, fresh: CryptoSettingsRow): Promise<CryptoSettingsRow> {
  await db.insert(cryptoSettings).values(fresh).onConflictDoNothing();
  const [row] = await db.select().from(cryptoSettings).where(eq(cryptoSettings.tenantId, fresh.tenantId)).for('update');
  if (!row) throw new Error('settings are gone');
  return row;
}

export async function updateCryptoSettings(db: Db, { tenantId, ...change }: CryptoSettingsRow): Promise<void> {
  await db.update(cryptoSettings).set(change).where(eq(cryptoSettings.tenantId, tenantId));
}

/** The brands that receive at one of these addresses, on crypto_settings_address_idx. */
export function listAddressOwners(db: Db, addresses: readonly string[]) {
  const { tenantId, address, assets } = cryptoSettings;
  return db
    .select({ tenantId, address, assets })
    .from(cryptoSettings)
    .where(sql`${cryptoSettings.address} = any(${textArray(addresses)}::text[])`);
}

/** `wallet`: the address as EIP-55 spells it, as wallets are kept. */
type Receiving = { address: string; wallet: string };
type Holder = { tenantId: string; isProven: boolean };

/** The brands that receive at an address, and whether it is the wallet of an owner: on crypto_settings_address_idx. */
export function listAddressHolders(db: Db, { address, wallet }: Receiving): Promise<Holder[]> {
  const { tenantId } = cryptoSettings;
  const isProven = sql<boolean>`${isOwnersWallet({ tenantId, wallet })}`;
  return db.select({ tenantId, isProven }).from(cryptoSettings).where(eq(cryptoSettings.address, address));
}

const isOwnersWallet = ({ tenantId, wallet }: { tenantId: SQLWrapper | string; wallet: string }) =>
  sql`exists (select from ${wallets} inner join ${tenantMembers} on ${tenantMembers.userId} = ${wallets.userId}
    where ${wallets.address} = ${wallet} and ${tenantMembers.tenantId} = ${tenantId} and ${tenantMembers.role} = 'owner')`;

/** Whether an owner of the brand has shown that the wallet is theirs. */
export async function hasOwnersWallet(db: Db, brand: { tenantId: string; wallet: string }): Promise<boolean> {
  const rows = await db.execute(sql`select ${isOwnersWallet(brand)} as has`);
  return rows[0]?.['has'] === true;
}

/** Until the transaction ends nobody else may come to receive at the address. */
export async function holdAddress(db: Db, address: string): Promise<void> {
  await db
    .insert(receivingKeys)
    .values({ id: `holder:${address}`, nextIndex: 0 })
    .onConflictDoUpdate({ target: receivingKeys.id, set: { nextIndex: receivingKeys.nextIndex } });
}

/** The brand receives nowhere, if it does so at this address. */
export async function leaveAddress(
  db: Db,
  { tenantId, address, now }: { tenantId: string; address: string; now: Date },
): Promise<void> {
  await db
    .update(cryptoSettings)
    .set({ accountKind: null, address: null, updatedAt: now })
    .where(and(eq(cryptoSettings.tenantId, tenantId), eq(cryptoSettings.address, address)));
}

/** The next index of a receiving account: taken once, by whichever brand, and never again. */
export async function takeKeyIndex(db: Db, keyId: string): Promise<number> {
  const [row] = await db
    .insert(receivingKeys)
    .values({ id: keyId, nextIndex: 1 })
    .onConflictDoUpdate({ target: receivingKeys.id, set: { nextIndex: sql`${receivingKeys.nextIndex} + 1` } })
    .returning({ nextIndex: receivingKeys.nextIndex });
  if (!row) throw new Error('an index was not taken');
  return row.nextIndex - 1;
}
