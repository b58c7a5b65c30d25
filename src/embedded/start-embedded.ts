import { join } from 'node:path';
import { type Config, isComplete, type Settings } from '../config.ts';
import { lockDataDir, openDataDir } from './data-dir.ts';
import { ensureDatabase, startPostgres } from './postgres.ts';
import { loadSecrets } from './secrets.ts';

/** The configuration with every missing part in place. `ownsDatabase` tells that the database is ours to fill. */
export type Embedded = { config: Config; ownsDatabase: boolean; stop: () => Promise<void> };

const DATABASE = 'ttconnect';

/** What makes one command enough: secrets and a database in DATA_DIR. In production nothing of it starts. */
export async function startEmbedded(settings: Settings): Promise<Embedded> {
  if (settings.NODE_ENV === 'production') {
    if (!isComplete(settings)) throw new Error('The configuration is not complete.');
    return { config: settings, ownsDatabase: false, stop: async () => {} };
  }
  const dir = await openDataDir(settings.DATA_DIR);
  return startIn(dir, { settings, unlock: await lockDataDir(dir) });
}

/**
 * The same for a command beside the service: where that runs on the folder, its database is used and left running.
 */
export async function joinEmbedded(settings: Settings): Promise<Embedded> {
  if (settings.NODE_ENV === 'production' || settings.DATABASE_URL) return startEmbedded(settings);
  const dir = await openDataDir(settings.DATA_DIR);
  const unlock = await lockDataDir(dir).catch(() => null);
  if (unlock) return startIn(dir, { settings, unlock });
  const embedded = await startIn(dir, { settings, unlock: async () => {} });
  return { ...embedded, stop: async () => {} };
}

async function startIn(
  dir: string,
  { settings, unlock }: { settings: Settings; unlock: () => Promise<void> },
): Promise<Embedded> {
  try {
    const secrets = await loadSecrets(dir);
    const { APP_SECRET, JWT_PRIVATE_KEY, METRICS_TOKEN } = { ...secrets, ...definedOnly(settings) };
    const complete = { ...settings, DATA_DIR: dir, APP_SECRET, JWT_PRIVATE_KEY, METRICS_TOKEN };
    if (settings.DATABASE_URL) {
      const config = Object.freeze({ ...complete, DATABASE_URL: settings.DATABASE_URL });
      return { config, ownsDatabase: false, stop: unlock };
    }
    const server = await startPostgres({ dir: join(dir, 'postgres'), password: secrets.POSTGRES_PASSWORD });
    await ensureDatabase(server, DATABASE).catch(async (error) => {
      await server.stop();
      throw error;
    });
    const stop = async () => {
      await server.stop();
      await unlock();
    };
    return { config: Object.freeze({ ...complete, DATABASE_URL: server.url(DATABASE) }), ownsDatabase: true, stop };
  } catch (error) {
    await unlock();
    throw error;
  }
}

function definedOnly(settings: Settings) {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}
