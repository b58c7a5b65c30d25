import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { afterFile } from '../support/after-file.ts';
import { stopLeftoverPostgres } from '../support/private-postgres.ts';
import { launchServer, type ServerProcess, startServer } from '../support/server-process.ts';
import { tempDir } from '../support/temp-dir.ts';

const soon = { timeout: 30_000, interval: 2 };

async function hasAnswered(server: ServerProcess): Promise<void> {
  const answer = await fetch(`${await server.listening()}/api/v1/tenants/public/acme`);
  if (answer.status === 404 || answer.status === 200) return;
  throw new Error(`not yet: ${answer.status}`);
}

const MOMENTS: [string, (dir: string, server: ServerProcess) => Promise<void>][] = [
  [
    'while the cluster is being made',
    (dir) =>
      vi.waitFor(async () => {
        const made = await readdir(join(dir, 'postgres'));
        if (!made.some((name) => name.startsWith('data.new'))) throw new Error('not yet');
      }, soon),
  ],
  ['as soon as it listens', async (_dir, server) => void (await server.listening())],
  ['while the demo data is being made', (_dir, server) => vi.waitFor(() => hasAnswered(server), soon)],
];

it.each(MOMENTS)('a first start killed %s is finished by the second', async (_name, moment) => {
  const dir = tempDir();
  afterFile(() => stopLeftoverPostgres(join(dir, 'postgres', 'data')));
  const env = { NODE_ENV: 'development', DATA_DIR: dir, PORT: '0', SHUTDOWN_DRAIN_MS: '0' };
  const killed = launchServer(env);
  await moment(dir, killed);
  await killed.stop('SIGKILL');

  const server = await startServer(env);
  const acme = await server.call('GET', 'tenants/public/acme');
  expect(acme.status, acme.text).toBe(200);
  const stores = await server.call('GET', `stores/tenant/${acme.body.data.id}`);
  expect(JSON.stringify(stores.body.data).match(/(?<="name":")[^"]+/g)).toEqual(['Leith Walk', 'Princes Street']);
  expect((await server.stop()).code).toBe(0);
});
