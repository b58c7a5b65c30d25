import type { Db } from '#db/client.ts';
import { checkDatabase, findLastMigration } from '#db/queries/health.ts';
import type { Checks } from '#schemas/health.ts';
import type { Storage } from '../clients/storage.ts';
import { singleFlight } from '../lib/single-flight.ts';

const KEEP_MS = 2_000;
const CHECK_TIMEOUT_MS = 2_500;

type Check = Checks['database'];
/** What the probe looks at. */
type Deps = { db: Db; storage: Storage; lifecycle: { draining: boolean }; newestMigration: number };
export type Readiness = { ready: boolean; reason: string | null; checks: Checks };

/** The readiness probe: one check at a time however many ask, its verdict kept for two seconds, good or bad. */
export function createReadiness(deps: Deps): () => Promise<Readiness> {
  const check = singleFlight(KEEP_MS, () => checkAll(deps));
  return async () => {
    const result = await check();
    return deps.lifecycle.draining ? { ...result, ready: false, reason: 'draining' } : result;
  };
}

async function checkAll(deps: Deps): Promise<Readiness> {
  const [database, storage] = await Promise.all([
    measure('database_unavailable', () => checkDatabase(deps.db)),
    measure('storage_unavailable', () => deps.storage.check()),
  ]);
  const migrations = database.status === 'up' ? await checkMigrations(deps) : unknownMigrations();
  const checks = { database, storage, migrations };
  const wrong = Object.values(checks).find((one) => one.status !== 'up');
  return { ready: !wrong, reason: wrong?.reason ?? null, checks };
}

async function measure(reason: string, probe: () => Promise<void>): Promise<Check> {
  const startedAt = performance.now();
  const status = await withTimeout(probe()).then(
    () => 'up' as const,
    () => 'down' as const,
  );
  const latencyMs = Math.round((performance.now() - startedAt) * 100) / 100;
  return status === 'up' ? { status, latencyMs } : { status, latencyMs, reason };
}

async function checkMigrations(deps: Deps): Promise<Check> {
  try {
    const last = await withTimeout(findLastMigration(deps.db));
    return last >= deps.newestMigration ? { status: 'up' } : { status: 'pending', reason: 'migrations_pending' };
  } catch {
    return unknownMigrations();
  }
}

function unknownMigrations(): Check {
  return { status: 'down', reason: 'database_unavailable' };
}

async function withTimeout<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('check timed out')), CHECK_TIMEOUT_MS);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
