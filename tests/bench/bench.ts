import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { migrateDatabase } from '#db/migrate.ts';
import { ensureDatabase, startPostgres } from '#src/embedded/postgres.ts';
import { fillDatabase } from './fill.ts';
import type { Options } from './options.ts';
import { WEBHOOK_SECRET } from './payments.ts';
import { freePort, type Process, SERVER_ARGS, startNode, waitForOk } from './processes.ts';
import { type S3Environment, startS3 } from './stores.ts';

/** The service and its baselines get the same pool, and hash as many passwords at a time. */
export const POOL_SIZE = 10;
export const HASH_CONCURRENCY = Math.max(1, availableParallelism() - 1);

export type Server = Process & { port: number; readyAfterMs: number };

/** What every target works with: a filled database, and processes that end with the run. */
export type Bench = {
  options: Options;
  databaseUrl: string;
  passwordHash: string;
  /** Where the service keeps files. */
  s3: S3Environment;
  /** What signs the service's access tokens. */
  privateKey: string;
  temporaryFolder: () => Promise<string>;
  /** Answering requests alone, unless jobs are wanted beside them. */
  startService: (role?: 'api' | 'all', env?: Record<string, string>) => Promise<Server>;
  startBaseline: (name: string, settings: object) => Promise<Server>;
  /** Runs when the run ends, however it does, last in first out. */
  onEnd: (work: () => Promise<void>) => void;
};

const DATABASE = 'ttconnect_bench';
export const ISSUER = 'https://api.example.com';

export async function createBench(options: Options, onEnd: Bench['onEnd']): Promise<Bench> {
  const temporaryFolder = async () => {
    const dir = await mkdtemp(join(tmpdir(), 'ttconnect-bench-'));
    onEnd(() => rm(dir, { recursive: true, force: true }));
    return dir;
  };
  const postgres = await startPostgres({ dir: join(await temporaryFolder(), 'postgres'), password: 'bench' });
  onEnd(postgres.stop);
  await ensureDatabase(postgres, DATABASE);
  const databaseUrl = postgres.url(DATABASE);
  await migrateDatabase(databaseUrl);
  const { passwordHash } = await fillDatabase(databaseUrl);
  const s3 = await startS3({ onEnd, temporaryFolder });
  const privateKey = generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();

  const startServer = async (args: string[], env: Record<string, string>, port: number): Promise<Server> => {
    const startedAt = performance.now();
    const running = startNode({ args, env });
    onEnd(running.stop);
    const url = `http://127.0.0.1:${port}/health/ready`;
    return { ...running, port, readyAfterMs: await waitForOk(url, { child: running.child, startedAt }) };
  };
  return {
    options,
    databaseUrl,
    passwordHash,
    s3,
    privateKey,
    temporaryFolder,
    onEnd,
    startService: async (role = 'api', env = {}) => {
      const port = await freePort();
      const dataDir = await temporaryFolder();
      const own = serviceEnvironment({ databaseUrl, dataDir, port, privateKey, role });
      return startServer(SERVER_ARGS, { ...own, ...s3, ...env }, port);
    },
    startBaseline: async (name, settings) => {
      const port = await freePort();
      return startServer([baselineFile(name), JSON.stringify({ ...settings, port })], { NODE_ENV: 'production' }, port);
    },
  };
}

export function baselineFile(name: string): string {
  return fileURLToPath(new URL(`./baselines/${name}.ts`, import.meta.url));
}

/** The production shape, with metrics on, as an operator would run it. */
type ServiceSettings = { databaseUrl: string; dataDir: string; port: number; privateKey: string; role: string };

function serviceEnvironment({ databaseUrl, dataDir, port, privateKey, role }: ServiceSettings) {
  return {
    NODE_ENV: 'production',
    HOST: '127.0.0.1',
    PORT: String(port),
    ROLE: role,
    PUBLIC_URL: ISSUER,
    DATA_DIR: dataDir,
    DATABASE_URL: databaseUrl,
    DATABASE_POOL_SIZE: String(POOL_SIZE),
    APP_SECRET: randomBytes(48).toString('base64'),
    JWT_PRIVATE_KEY: privateKey,
    // Limits are on and count; one client plays many.
    RATE_LIMIT_PER_ADDRESS: '1000000000',
    TRUST_PROXY: '127.0.0.1',
    METRICS_TOKEN: randomBytes(48).toString('base64'),
    STRIPE_SECRET_KEY: 'sk_test_bench',
    STRIPE_PUBLISHABLE_KEY: 'pk_test_bench',
    STRIPE_WEBHOOK_SECRET: WEBHOOK_SECRET,
    SMTP_URL: 'smtp://127.0.0.1:2525',
    HASH_CONCURRENCY: String(HASH_CONCURRENCY),
    SHUTDOWN_DRAIN_MS: '0',
  };
}
