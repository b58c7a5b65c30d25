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
