import { fileURLToPath } from 'node:url';
import { drizzle } from 'drizzle-orm/postgres-js';
import { migrate } from 'drizzle-orm/postgres-js/migrator';
import postgres from 'postgres';
import { installJobs } from './jobs.ts';
import journal from './migrations/meta/_journal.json' with { type: 'json' };

/** When the newest migration of this code was made, in epoch milliseconds. */
export const NEWEST_MIGRATION = Math.max(...journal.entries.map((entry) => entry.when));

// Any constant will do: it only has to be the same in every process.
const MIGRATION_LOCK = 7_361_502_914;

/** Applies what is missing. An advisory lock lets one of several callers do it while the others wait. */
export async function migrateDatabase(url: string): Promise<void> {
  const sql = postgres(url, { max: 1, connect_timeout: 5, onnotice: () => {}, fetch_types: false });
  try {
    await sql`select pg_advisory_lock(${MIGRATION_LOCK})`;
    await migrate(drizzle({ client: sql }), {
      migrationsFolder: fileURLToPath(new URL('./migrations', import.meta.url)),
    });
    await installJobs(sql, url);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

if (import.meta.main) {
  const { loadEnvFile, readSettings } = await import('#src/config.ts');
  const { runCommand } = await import('#src/command.ts');
  await runCommand('Migrated.', async () => {
    loadEnvFile();
    const { DATABASE_URL } = readSettings();
    if (!DATABASE_URL) throw new Error('DATABASE_URL is not set; the embedded database migrates at the start');
    await migrateDatabase(DATABASE_URL);
  });
}
