import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { migrateDatabase } from '#db/migrate.ts';
import { ensureDatabase, startPostgres } from '#src/embedded/postgres.ts';

declare module 'vitest' {
  interface ProvidedContext {
    postgres: string;
  }
}

export const TEMPLATE = 'ttconnect_template';

/** One real PostgreSQL for the whole run, with a migrated template that each test file clones. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dir = await mkdtemp(join(tmpdir(), 'ttconnect-test-'));
  const server = await startPostgres({
    dir: join(dir, 'postgres'),
    password: 'test',
    // No vacuum, so that the planner knows as little of the few rows of a test at its end as at its beginning.
    settings: {
      ...{ fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', autovacuum: 'off' },
      max_connections: '200',
    },
  });
  await ensureDatabase(server, TEMPLATE);
  await migrateDatabase(server.url(TEMPLATE));
  project.provide('postgres', server.url('postgres'));
  return async () => {
    await server.stop();
    await rm(dir, { recursive: true, force: true });
  };
}
