import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { DEMO_LOGINS, DEMO_PASSWORD } from '#src/embedded/demo-data.ts';
import { afterFile } from '../support/after-file.ts';
import { httpCaller } from '../support/http-caller.ts';
import { postmasterOf, stopLeftoverPostgres } from '../support/private-postgres.ts';
import { launchServer, type RunningServer, startServer } from '../support/server-process.ts';
import { tempDir } from '../support/temp-dir.ts';

const dir = tempDir();
const dataDir = join(dir, 'postgres', 'data');
const env = { NODE_ENV: 'development', DATA_DIR: dir, PORT: '0', SHUTDOWN_DRAIN_MS: '0', RATE_LIMITS: 'off' };
afterFile(() => stopLeftoverPostgres(dataDir));

async function ownerOf(server: RunningServer): Promise<{ token: string; stores: string }> {
  const [, owner] = DEMO_LOGINS;
  const answer = await server.call('POST', 'auth/login', { body: { email: owner.email, password: DEMO_PASSWORD } });
  expect(answer.status, answer.text).toBe(200);
  const acme = await server.call('GET', 'tenants/public/acme');
  return { token: answer.body.data.accessToken, stores: `stores/tenant/${acme.body.data.id}` };
}

async function storeNames(server: RunningServer): Promise<string[]> {
  const { stores } = await ownerOf(server);
  const { body } = await server.call('GET', stores);
  return JSON.stringify(body.data).match(/(?<="name":")[^"]+/g) ?? [];
}

it('one command is enough, and the data outlives the server, however that ends', async () => {
  const first = await startServer(env);
  for (const { email } of DEMO_LOGINS) expect(first.stdout()).toContain(email);
  expect(first.stdout()).toContain(DEMO_PASSWORD);
  expect(first.stdout()).toContain(`${first.url}/api/v1`);
  expect((await stat(join(dir, 'secrets.json'))).mode & 0o777).toBe(0o600);
  const secrets = await readFile(join(dir, 'secrets.json'), 'utf8');
  for (const secret of Object.values<string>(JSON.parse(secrets))) expect(first.stdout()).not.toContain(secret);
  const { token, stores } = await ownerOf(first);
  const made = await first.call('POST', stores, { token, body: { name: 'Kept' } });
  expect(made.status, made.text).toBe(201);
  expect(await first.stop('SIGINT')).toEqual({ code: 0, signal: null });
  await expect(postmasterOf(dataDir)).rejects.toThrow('ENOENT');

  const second = await startServer(env);
  expect(await storeNames(second)).toEqual(['Leith Walk', 'Princes Street', 'Kept']);
  // The secrets are the same: what was signed before is still good.
  expect((await second.call('GET', 'auth/me', { token })).status).toBe(200);
  expect(await readFile(join(dir, 'secrets.json'), 'utf8')).toBe(secrets);

  const rival = launchServer(env);
  expect((await rival.exited).code).toBe(1);
  expect(rival.stderr()).toBe(
    `TTConnect did not start: TTConnect runs on ${dir} already (process ${second.pid}): stop it, or set DATA_DIR to another folder.\n`,
  );
  expect((await second.call('GET', '/health/ready')).status).toBe(200);

  const postmaster = await postmasterOf(dataDir);
  await second.stop('SIGKILL');
  const third = await startServer(env);
  expect(await postmasterOf(dataDir)).toBe(postmaster);
  expect(await storeNames(third)).toEqual(['Leith Walk', 'Princes Street', 'Kept']);
  expect(await third.stop()).toEqual({ code: 0, signal: null });
  await expect(postmasterOf(dataDir)).rejects.toThrow('ENOENT');
});

it('two servers that start at once on one folder: one runs, the other is refused', async () => {
  const folder = tempDir();
  const servers = [1, 2].map(() => launchServer({ ...env, DATA_DIR: folder }));
  afterFile(() => stopLeftoverPostgres(join(folder, 'postgres', 'data')));
  const refused = await Promise.race(
    servers.map(async (server) => {
      expect((await server.exited).code).toBe(1);
      expect(server.stderr()).toMatch(/^TTConnect did not start: TTConnect runs on .* already \(process \d+\)/);
      return server;
    }),
  );
  const other = servers.find((server) => server !== refused);
  const url = (await other?.ready()) ?? '';
  expect((await httpCaller(url)('GET', '/health/ready')).status).toBe(200);
  expect(await other?.stop()).toEqual({ code: 0, signal: null });
});
