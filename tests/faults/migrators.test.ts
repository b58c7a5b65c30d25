import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import journal from '#db/migrations/meta/_journal.json' with { type: 'json' };
import { createTestDatabase } from '../support/database.ts';
import { outsideSession } from '../support/outside-session.ts';
import { endWithFile, serverEnvironment } from '../support/server-process.ts';

const command = fileURLToPath(new URL('../../db/migrate.ts', import.meta.url));

function migrate(url: string): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [command], { env: serverEnvironment(url), stdio: ['ignore', 'pipe', 'pipe'] });
  endWithFile(child);
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr.on('data', (chunk) => {
    output += chunk;
  });
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, output })));
}

it('case 21: three migrators at once on an empty database apply each migration once', async () => {
  const { url } = await createTestDatabase('template1');
  const outcomes = await Promise.all([migrate(url), migrate(url), migrate(url)]);
  expect(outcomes).toEqual(Array(3).fill({ code: 0, output: 'Migrated.\n' }));

  const sql = outsideSession(url);
  const applied = await sql<{ when: number }[]>`
    select created_at::float8 as when from drizzle.__drizzle_migrations order by created_at`;
  expect(applied.map((row) => row.when)).toEqual(journal.entries.map((entry) => entry.when));
});
