import { findCryptoSettings } from '#db/queries/crypto-settings.ts';
import { findTeamMember } from '#db/queries/team.ts';
import { findTenantBySubdomain } from '#db/queries/tenants.ts';
import { findUserByEmail } from '#db/queries/users.ts';
import type { Deps } from '../context.ts';
import { setCryptoSettings } from '../crypto/set-crypto-settings.ts';
import { DEMO_LOGINS, demoCtx } from './demo-data.ts';
import { LOCAL_CHAIN } from './local-chain.ts';
import { testToken } from './test-contracts.ts';

/** Anvil's first account, which everybody knows: rich on the local chain, and nowhere else. */
export const RICH_KEY = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80';
/** Of anvil's own mnemonic, account 1: whoever plays can spend what the demo brand is paid. */
const DEMO_XPUB =
  'xpub6Ce9NcJvTk372KjsGfWqbcex5DumjpNquQLApoeQUavSCjEc823BV1tb4rXUuPuht8h2hSxkg2EXUaKUJmniJvRZAELxypsCzBFdtosmV76';
const DEMO_TOKEN = { symbol: 'TUSD', decimals: 6, supply: 1_000_000_000_000_000n };

/** The demo brand takes the local chain's ETH, and a token that is deployed for it. Done once for each chain. */
export async function seedDemoChain(deps: Deps): Promise<void> {
  const chain = deps.chains.find(LOCAL_CHAIN.chainId);
  const [, owner] = DEMO_LOGINS;
  const user = await findUserByEmail(deps.db, owner.email);
  const tenant = await findTenantBySubdomain(deps.db, 'acme');
  if (!chain || !user || !tenant) return;
  const { id: tenantId } = tenant;
  const isOwner = (await findTeamMember(deps.db, { tenantId, userId: user.id }))?.role === 'owner';
  const settings = await findCryptoSettings(deps.db, tenantId);
  const token = settings?.assets.find((asset) => asset.asset === DEMO_TOKEN.symbol)?.contract;
  const isSet = settings !== undefined && (!token || (await chain.decimalsOf(token)) !== null);
  if (!isOwner || isSet) return;
  const contract = await deployToken(deps);
  const on = { chainId: LOCAL_CHAIN.chainId, confirmations: 1 };
  const eth = { source: 'static' as const, prices: { GBP: '2000', EUR: '2300', USD: '2500' } };
  const dollar = { source: 'static' as const, prices: { GBP: '0.8', EUR: '0.92', USD: '1' } };
  const assets = [
    { asset: 'ETH', contract: null, decimals: 18, rate: eth, ...on },
    { asset: DEMO_TOKEN.symbol, contract, decimals: DEMO_TOKEN.decimals, rate: dollar, ...on },
  ];
  const terms = { toleranceBps: 0, expiryMinutes: 15, monitoringMinutes: 1_440 };
  const policies = {
    under: { action: 'top_up' as const },
    over: { action: 'refund' as const },
    late: { action: 'accept' as const, withinBps: 200 },
  };
  const body = { account: { xpub: DEMO_XPUB }, assets, ...terms, policies };
  await setCryptoSettings(demoCtx(deps, { db: deps.db, userId: user.id }), { tenantId, body });
}

async function deployToken({ config }: Deps): Promise<string> {
  const rpcUrl = config.EVM_CHAINS.find(({ chainId }) => chainId === LOCAL_CHAIN.chainId)?.rpcUrl;
  const [viem, { privateKeyToAccount }, { foundry }] = await Promise.all([
    import('viem'),
    import('viem/accounts'),
    import('viem/chains'),
  ]);
  const transport = viem.http(rpcUrl);
  const account = privateKeyToAccount(RICH_KEY);
  const wallet = viem.createWalletClient({ chain: foundry, account, transport });
  const reader = viem.createPublicClient({ chain: foundry, transport, pollingInterval: 50 });
  const hash = await wallet.sendTransaction({ data: testToken(DEMO_TOKEN) });
  const { contractAddress } = await reader.waitForTransactionReceipt({ hash });
  if (!contractAddress) throw new Error('the demo token was not deployed');
  return contractAddress.toLowerCase();
}
