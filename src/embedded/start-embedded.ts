import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Config, isComplete, type Settings } from '../config.ts';
import { lockDataDir, openDataDir } from './data-dir.ts';
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
    const { database, stripe } = await openParts(place);
    const stop = async () => {
      await stripe.stop().finally(database.stop);
      await unlock?.();
    };
    const config = configOf(place, { DATABASE_URL: database.url, STRIPE_API_URL: stripe.url });
    return { config, ownsDatabase: database.isOurs, stripe: stripe.sandbox, stop };
  } catch (error) {
    await unlock?.();
    throw error;
  }
}

/** Both at the same time; where one fails the other is stopped. */
async function openParts(place: Place): Promise<{ database: DatabasePart; stripe: StripePart }> {
  const opening = [openDatabase(place), openStripe(place)] as const;
  const [database, stripe] = await Promise.all(opening).catch(async (error) => {
    for (const part of await Promise.allSettled(opening)) if (part.status === 'fulfilled') await part.value.stop();
    throw error;
  });
  return { database, stripe };
}

type Addresses = Pick<Config, 'DATABASE_URL' | 'STRIPE_API_URL'>;

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
