import { findCryptoSettings } from '#db/queries/crypto-settings.ts';
import { findTenant } from '#db/queries/tenants.ts';
import type { CryptoAsset, CryptoChain } from '#schemas/crypto.ts';
import type { Ctx } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';

/** In what the brand can be paid: nothing, before it has said where to, or on chains that are not watched any more. */
export async function listCryptoAssets({ db, deps }: Ctx, { tenantId }: { tenantId: string }): Promise<CryptoAsset[]> {
  const tenant = await findTenant(db, tenantId);
  if (!tenant || tenant.status === 'suspended') throw new AppError(NOT_FOUND);
  const settings = await findCryptoSettings(db, tenantId);
  if (!settings?.accountKind) return [];
  const watched = settings.assets.filter(({ chainId }) => deps.chains.find(chainId));
  return watched.map(({ asset, chainId, contract, decimals, confirmations: requiredConfirmations }) => {
    return { asset, chainId, contract, decimals, requiredConfirmations };
  });
}

/** The chains that the service watches. */
export function listCryptoChains({ deps }: Ctx): CryptoChain[] {
  return deps.chains.list.map(({ chainId, name, native, confirmations }) => {
    return { chainId, name, nativeAsset: native.asset, confirmations };
  });
}
