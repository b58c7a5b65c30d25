import type { Db } from '#db/client.ts';
import { type CryptoSettingsRow, findCryptoSettings } from '#db/queries/crypto-settings.ts';
import type { AssetSetting } from '#schemas/crypto.ts';
import type { Chains } from '../../clients/chains.ts';
import { AppError } from '../../lib/errors.ts';
import { METHOD_UNAVAILABLE } from '../../payments/errors.ts';
import { ASSET_UNAVAILABLE } from '../errors.ts';

type Asked = {
  chains: Pick<Chains, 'find'>;
  tenantId: string;
  asset?: string | undefined;
  chainId?: number | undefined;
};
export type Taken = { settings: CryptoSettingsRow; asset: Required<AssetSetting> };

/** How the brand takes the asset. Without a name, the only one that it takes. */
export async function requireAsset(db: Db, { chains, tenantId, asset, chainId }: Asked): Promise<Taken> {
  const settings = await findCryptoSettings(db, tenantId);
  if (!settings?.accountKind || settings.assets.length === 0) throw new AppError(METHOD_UNAVAILABLE);
  const found = settings.assets.filter(
    (one) =>
      chains.find(one.chainId) &&
      (asset === undefined || one.asset === asset) &&
      (chainId === undefined || one.chainId === chainId),
  );
  const [one] = found;
  if (!one || found.length > 1) throw new AppError(ASSET_UNAVAILABLE);
  return { settings, asset: one };
}
