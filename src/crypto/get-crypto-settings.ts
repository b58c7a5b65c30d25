import { findCryptoSettings } from '#db/queries/crypto-settings.ts';
import type { CryptoSettings } from '#schemas/crypto.ts';
import type { Ctx } from '../context.ts';
import { presentSettings } from './present-crypto.ts';
import { DEFAULT_SETTINGS } from './settings-rules.ts';

/** How the brand takes crypto; not at all before anybody has said so. */
export async function getCryptoSettings({ db }: Ctx, { tenantId }: { tenantId: string }): Promise<CryptoSettings> {
  const row = await findCryptoSettings(db, tenantId);
  return row ? presentSettings(row) : { ...DEFAULT_SETTINGS, account: null, updatedAt: null };
}
