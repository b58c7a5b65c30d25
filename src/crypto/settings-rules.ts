import type { AssetSetting, CryptoPolicies } from '#schemas/crypto.ts';
import { precisionOf } from './amount-rules.ts';

const POLICIES: CryptoPolicies = {
  under: { action: 'top_up' },
  over: { action: 'refund' },
  late: { action: 'refund' },
};

export const DEFAULT_SETTINGS = {
  assets: [] as Required<AssetSetting>[],
  toleranceBps: 0,
  expiryMinutes: 15,
  monitoringMinutes: 1_440,
  policies: POLICIES,
};

/** The asset with what was left out: eight places at most, and as many confirmations as its chain needs. */
export function completeAsset(asset: AssetSetting, chain: { confirmations: number }): Required<AssetSetting> {
  return { ...asset, precision: precisionOf(asset), confirmations: asset.confirmations ?? chain.confirmations };
}

/** Whether money may be sent to an address as it is spelt: not to zero, and in mixed case only with its checksum (EIP-55). */
export function canReceive(address: string, checksum: string): boolean {
  const digits = address.slice(2);
  const isOneCase = digits === digits.toLowerCase() || digits === digits.toUpperCase();
  return /[^0]/.test(digits) && (isOneCase || address === checksum);
}
