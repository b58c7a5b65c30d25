import { eq, sql } from 'drizzle-orm';
import { textArray } from '../batched.ts';
import type { Db } from '../client.ts';
import { cryptoSettings, receivingKeys } from '../schema/crypto.ts';

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
