import { findChainCursor, startChainCursor } from '#db/queries/chain-cursors.ts';
import {
  type CryptoSettingsRow,
  holdAddress,
  holdCryptoSettings,
  updateCryptoSettings,
} from '#db/queries/crypto-settings.ts';
import type { AssetSetting, CryptoSettings, SetCryptoSettingsBody } from '#schemas/crypto.ts';
import { recordChange } from '../audit/record-change.ts';
import type { Chain } from '../clients/chains.ts';
import { type Ctx, withTx } from '../context.ts';
import { AppError, SERVICE_UNAVAILABLE } from '../lib/errors.ts';
import { ADDRESS_INVALID, ASSET_MISMATCH, CHAIN_UNKNOWN, XPUB_INVALID } from './errors.ts';
import { presentSettings } from './present-crypto.ts';
import { canReceive, completeAsset, DEFAULT_SETTINGS } from './settings-rules.ts';
import { takeAddress } from './steps/take-address.ts';

type Input = { tenantId: string; body: SetCryptoSettingsBody };
type Account = Pick<CryptoSettingsRow, 'accountKind' | 'xpub' | 'address'>;

/**
 * Says how the brand takes crypto. What it says of a token is compared with the token: a wrong number of decimals would ask
 * for a million times too little. Payments under way keep the terms that they began with.
 */
export async function setCryptoSettings(ctx: Ctx, { tenantId, body }: Input): Promise<CryptoSettings> {
  const { account, assets: asked, ...terms } = body;
  const given = account && (await accountOf(ctx, { account, assets: asked }));
  const assets = await Promise.all(asked.map((asset) => checkAsset(ctx, asset)));
  for (const chainId of new Set(assets.map((asset) => asset.chainId))) await beginWatching(ctx, chainId);
  const now = ctx.clock.now();
  return withTx(ctx, async (tx) => {
    if (given?.address) await holdAddress(tx, given.address);
    const nowhere = { accountKind: null, xpub: null, address: null };
    const before = await holdCryptoSettings(tx, { tenantId, ...DEFAULT_SETTINGS, ...nowhere, updatedAt: now });
    if (given?.address) await takeAddress(ctx, tx, { tenantId, address: given.address, before: before.address, now });
    const after = { ...before, ...given, ...terms, assets, updatedAt: now };
    await updateCryptoSettings(tx, after);
    const target = { type: 'cryptoSettings', id: tenantId };
    const change = { before: shown(before), after: shown(after), now };
    await recordChange(ctx, { db: tx, tenantId, action: 'cryptoSettings.updated', target, ...change });
    return presentSettings(after);
  });
}

// In part: the audit log is read by more people than the key is for.
function shown(row: CryptoSettingsRow) {
  const { updatedAt: _updatedAt, ...settings } = presentSettings(row);
  return settings;
}

type Receiving = { account: { xpub: string } | { address: string }; assets: readonly AssetSetting[] };

async function accountOf({ deps }: Ctx, { account, assets }: Receiving): Promise<Account> {
  const { receivingKeys } = deps;
  if ('xpub' in account) {
    if ((await receivingKeys.idOf(account.xpub)) === null) throw new AppError(XPUB_INVALID);
    return { accountKind: 'xpub', xpub: account.xpub, address: null };
  }
  const address = account.address.toLowerCase();
  const checksum = await receivingKeys.checksum(address);
  const isContract = assets.some(({ contract }) => contract === address);
  if (isContract || !canReceive(account.address, checksum)) throw new AppError(ADDRESS_INVALID);
  return { accountKind: 'address', address, xpub: null };
}

function requireChain({ deps }: Ctx, chainId: number): Chain {
  const chain = deps.chains.find(chainId);
  if (!chain) throw new AppError(CHAIN_UNKNOWN, { chainId });
  return chain;
}

async function checkAsset(ctx: Ctx, asset: AssetSetting): Promise<Required<AssetSetting>> {
  const chain = requireChain(ctx, asset.chainId);
  const { contract, decimals, rate } = asset;
  const found = contract === null ? chain.native.decimals : await chain.decimalsOf(contract);
  if (found !== decimals) throw new AppError(ASSET_MISMATCH, { asset: asset.asset, contract, decimals: found });
  if (contract === null && asset.asset !== chain.native.asset) {
    throw new AppError(ASSET_MISMATCH, { asset: asset.asset, nativeAsset: chain.native.asset });
  }
  if (rate.source === 'feed' && !(await requireChain(ctx, rate.chainId).readFeed(rate.contract))) {
    throw new AppError(ASSET_MISMATCH, { asset: asset.asset, feed: rate.contract });
  }
  return completeAsset(asset, chain);
}

/** From now on: whoever is given an address is paid in a later block. */
async function beginWatching(ctx: Ctx, chainId: number): Promise<void> {
  if (await findChainCursor(ctx.db, chainId)) return;
  const chain = requireChain(ctx, chainId);
  const number = await chain.head();
  const hash = await chain.hashAt(number);
  if (hash === null) throw new AppError(SERVICE_UNAVAILABLE, { reason: 'chain_unavailable' });
  // By the clock of the service: the cursor is everybody's.
  await startChainCursor(ctx.db, { chainId, number, hash, now: ctx.deps.clock.now() });
}
