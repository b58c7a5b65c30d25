import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Config, isComplete, type Settings } from '../config.ts';
import { lockDataDir, openDataDir } from './data-dir.ts';
import { LOCAL_CHAIN, readChainAddress, startLocalChain } from './local-chain.ts';
import { ensureDatabase, startPostgres } from './postgres.ts';
import { loadSecrets, type Secrets } from './secrets.ts';
import type { StripeSandbox } from './stripe-sandbox/start-stripe-sandbox.ts';

/** The configuration with every missing part in place. `ownsDatabase` tells that the database is ours to fill. */
export type Embedded = {
  config: Config;
  ownsDatabase: boolean;
  stripe: EmbeddedStripe | null;
  stop: () => Promise<void>;
};

/** The sandbox that this process runs in place of Stripe. Its events wait until there is an address for them. */
export type EmbeddedStripe = { url: string; setWebhookUrl: (url: string | null) => void };

type Log = (line: string) => void;
/** `isShared`: another process has the folder, and what it runs is not ours to stop. */
type Place = { dir: string; settings: Settings; secrets: Secrets; log: Log; isShared: boolean };

const DATABASE = 'ttconnect';
// Never empty: without an address the calls would go to the real Stripe.
const NOBODY = 'http://127.0.0.1:1';

/** What makes one command enough: secrets, a database, a Stripe sandbox in DATA_DIR. Nothing of it starts in production. */
export async function startEmbedded(settings: Settings, log: Log = () => {}): Promise<Embedded> {
  if (settings.NODE_ENV === 'production') {
    if (!isComplete(settings)) throw new Error('The configuration is not complete.');
    return { config: settings, ownsDatabase: false, stripe: null, stop: async () => {} };
  }
  const dir = await openDataDir(settings.DATA_DIR);
  return startIn(dir, { settings, log, unlock: await lockDataDir(dir) });
}

/** The same for a command beside the service: where that runs on the folder, its parts are used and left running. */
export async function joinEmbedded(settings: Settings): Promise<Embedded> {
  if (settings.NODE_ENV === 'production') return startEmbedded(settings);
  const dir = await openDataDir(settings.DATA_DIR);
  const unlock = await lockDataDir(dir).catch(() => null);
  return startIn(dir, { settings, log: () => {}, unlock });
}

type Start = { settings: Settings; log: Log; unlock: (() => Promise<void>) | null };

async function startIn(dir: string, { settings, log, unlock }: Start): Promise<Embedded> {
  try {
    const secrets = await loadSecrets(dir);
    const place = { dir, settings, secrets, log, isShared: unlock === null };
    const { database, stripe, chain } = await openParts(place);
    const stop = async () => {
      await Promise.all([chain.stop(), stripe.stop()]).finally(database.stop);
      await unlock?.();
    };
    const config = configOf(place, {
      DATABASE_URL: database.url,
      STRIPE_API_URL: stripe.url,
      EVM_CHAINS: chain.chains,
    });
    return { config, ownsDatabase: database.isOurs, stripe: stripe.sandbox, stop };
  } catch (error) {
    await unlock?.();
    throw error;
  }
}

/** All at the same time; where one fails the others are stopped. */
async function openParts(place: Place): Promise<{ database: DatabasePart; stripe: StripePart; chain: ChainPart }> {
  const opening = [openDatabase(place), openStripe(place), openChain(place)] as const;
  const [database, stripe, chain] = await Promise.all(opening).catch(async (error) => {
    for (const part of await Promise.allSettled(opening)) if (part.status === 'fulfilled') await part.value.stop();
    throw error;
  });
  return { database, stripe, chain };
}

type Addresses = Pick<Config, 'DATABASE_URL' | 'STRIPE_API_URL' | 'EVM_CHAINS'>;

function configOf({ dir, settings, secrets }: Place, addresses: Addresses): Config {
  const { POSTGRES_PASSWORD: _password, ...made } = secrets;
  const given = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
  const STRIPE_WEBHOOK_SECRET = settings.STRIPE_WEBHOOK_SECRET ?? [secrets.STRIPE_WEBHOOK_SECRET];
  return Object.freeze({ ...settings, ...made, ...given, STRIPE_WEBHOOK_SECRET, ...addresses, DATA_DIR: dir });
}

type DatabasePart = { url: string; isOurs: boolean; stop: () => Promise<void> };

async function openDatabase({ dir, settings, secrets, isShared }: Place): Promise<DatabasePart> {
  if (settings.DATABASE_URL) return { url: settings.DATABASE_URL, isOurs: false, stop: async () => {} };
  const server = await startPostgres({ dir: join(dir, 'postgres'), password: secrets.POSTGRES_PASSWORD });
  const stop = isShared ? async () => {} : server.stop;
  await ensureDatabase(server, DATABASE).catch(async (error) => {
    await stop();
    throw error;
  });
  return { url: server.url(DATABASE), isOurs: true, stop };
}

type ChainPart = { chains: Config['EVM_CHAINS']; stop: () => Promise<void> };

/** A chain to play with beside those that are configured, where anvil is there. The tests have chains of their own. */
async function openChain({ dir, settings, isShared, log }: Place): Promise<ChainPart> {
  const folder = join(dir, 'chain');
  const given = settings.EVM_CHAINS;
  const isOn = given.some(({ chainId }) => chainId === LOCAL_CHAIN.chainId) || settings.EVM_RPC_URL !== undefined;
  const none = { chains: given, stop: async () => {} };
  if (settings.NODE_ENV !== 'development' || isOn) return none;
  const withLocal = (rpcUrl: string) => [...given, { ...LOCAL_CHAIN, rpcUrl }];
  if (isShared) {
    const url = await readChainAddress(folder);
    return url ? { ...none, chains: withLocal(url) } : none;
  }
  const chain = await startLocalChain(folder).catch((error: Error) => {
    log(`no local chain: ${error.message}`);
    return null;
  });
  return chain ? { chains: withLocal(chain.url), stop: chain.stop } : none;
}

type StripePart = { url: string | undefined; sandbox: EmbeddedStripe | null; stop: () => Promise<void> };

async function openStripe(place: Place): Promise<StripePart> {
  const { settings, isShared } = place;
  const folder = join(place.dir, 'stripe');
  const elsewhere = (url: string | undefined) => ({ url, sandbox: null, stop: async () => {} });
  if (settings.STRIPE_SECRET_KEY) return elsewhere(settings.STRIPE_API_URL);
  if (isShared) return elsewhere((await readAddress(folder)) ?? NOBODY);
  const { url, setWebhookUrl, stop } = await startSandbox(folder, place);
  await keepAddress(folder, url).catch(async (error) => {
    await stop();
    throw error;
  });
  return { url, sandbox: { url, setWebhookUrl: (to) => setWebhookUrl(to ?? '') }, stop };
}

async function startSandbox(folder: string, { settings, secrets, log }: Place): Promise<StripeSandbox> {
  // Only where it starts: production does without its modules.
  const { startStripeSandbox } = await import('./stripe-sandbox/start-stripe-sandbox.ts');
  const { STRIPE_SECRET_KEY: secretKey, STRIPE_PUBLISHABLE_KEY: publishableKey } = secrets;
  const keys = { secretKey, publishableKey, webhookSecret: secrets.STRIPE_WEBHOOK_SECRET };
  const start = (port: number) =>
    startStripeSandbox({ dir: folder, port, ...keys, log, environment: settings.NODE_ENV });
  // Front ends keep the address: it has the port of last time, unless somebody else has taken that.
  const kept = await readAddress(folder);
  if (!kept) return start(0);
  return start(Number(new URL(kept).port)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EADDRINUSE' || error.code === 'EACCES') return start(0);
    throw error;
  });
}

async function readAddress(folder: string): Promise<string | undefined> {
  const text = await readFile(join(folder, 'url'), 'utf8').catch(() => '');
  return /^http:\/\/127\.0\.0\.1:\d+$/.test(text) && URL.canParse(text) ? text : undefined;
}

// Renamed into place: a command beside the service never reads half of it.
async function keepAddress(folder: string, url: string): Promise<void> {
  const file = join(folder, 'url');
  await writeFile(`${file}.new`, url);
  await rename(`${file}.new`, file);
}
