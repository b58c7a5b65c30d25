import { migrateDatabase } from '#db/migrate.ts';
import { checkDatabase } from '#db/queries/health.ts';
import type { Deps } from './context.ts';

const RETRY_MS = 200;

/** Waits for the database, and in development brings its schema up to date. In production migrating is a step apart. */
export async function prepareDatabase(deps: Deps, options: { migrate: boolean; maxWaitMs: number }): Promise<void> {
  await waitForDatabase(deps, options.maxWaitMs);
  if (options.migrate) await migrateDatabase(deps.config.DATABASE_URL);
}

async function waitForDatabase(deps: Deps, maxWaitMs: number): Promise<void> {
  const deadline = performance.now() + maxWaitMs;
  for (;;) {
    try {
      return await checkDatabase(deps.db);
    } catch (error) {
      if (performance.now() > deadline) {
        const { hostname, port, pathname } = new URL(deps.config.DATABASE_URL);
        const reason = reasonOf(error);
        throw new Error(`The database at ${hostname}:${port || 5432}${pathname} does not answer (${reason}).`);
      }
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

// Only the code: the message of a driver's error can carry the credentials.
function reasonOf(error: unknown): string {
  const { code, cause } = error as { code?: string; cause?: unknown };
  return code ?? (cause ? reasonOf(cause) : 'no reason given');
}
