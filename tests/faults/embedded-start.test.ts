import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { readSettings } from '#src/config.ts';
import { DEMO_LOGINS, DEMO_PASSWORD } from '#src/embedded/demo-data.ts';
import { loadSecrets } from '#src/embedded/secrets.ts';
import { joinEmbedded, startEmbedded } from '#src/embedded/start-embedded.ts';
import { afterFile } from '../support/after-file.ts';
import { testEnvironment } from '../support/config.ts';
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

const secretsIn = async (folder: string) => JSON.parse(await readFile(join(folder, 'secrets.json'), 'utf8'));

/** The Stripe sandbox that the summary of a server names. */
async function sandboxOf(server: RunningServer) {
  const url = /^ {2}Payments {3}(http:\/\/127\.0\.0\.1:\d+) \(Stripe sandbox/m.exec(server.stdout())?.[1] ?? '';
  const { STRIPE_SECRET_KEY: key } = await secretsIn(dir);
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/x-www-form-urlencoded' };
  const ask = async (path: string, form?: string): Promise<any> => {
    const answer = await fetch(`${url}${path}`, { headers, ...(form && { method: 'POST', body: form }) });
    expect(answer.status, path).toBe(200);
    return answer.json();
  };
  return { url, ask, intents: async () => (await ask('/v1/payment_intents')).data.map(({ id }: any) => id) };
}

/** Whether the sandbox got an answer, whatever it was, from the address that it was given for its events. */
async function expectDelivery(sandbox: Awaited<ReturnType<typeof sandboxOf>>): Promise<void> {
  await vi.waitFor(
    async () => {
      const { data } = await sandbox.ask('/_sandbox/deliveries');
      expect(data[0].attempts.at(-1).status).toEqual(expect.any(Number));
    },
    { timeout: 10_000, interval: 50 },
  );
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
  const sandbox = await sandboxOf(first);
  const { id: intent } = await sandbox.ask('/v1/payment_intents', 'amount=500&currency=eur');
  await expectDelivery(sandbox);
  expect(await first.stop('SIGINT')).toEqual({ code: 0, signal: null });
  await expect(postmasterOf(dataDir)).rejects.toThrow('ENOENT');
  await expect(fetch(sandbox.url)).rejects.toThrow();

  const second = await startServer(env);
  const again = await sandboxOf(second);
  expect(again.url).toBe(sandbox.url);
  expect(await again.intents()).toEqual([intent]);
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

  // A command beside the service takes what runs, and leaves it running.
  const beside = await joinEmbedded(readSettings({ ...env, DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' }));
  expect([beside.config.STRIPE_API_URL, beside.stripe]).toEqual([sandbox.url, null]);
  expect(beside.config.STRIPE_SECRET_KEY).toBe((await secretsIn(dir)).STRIPE_SECRET_KEY);
  await beside.stop();
  const joined = await joinEmbedded(readSettings(env));
  expect(joined.ownsDatabase).toBe(true);
  await joined.stop();
  expect(await again.intents()).toEqual([intent]);
  expect((await second.call('GET', '/health/ready')).status).toBe(200);

  const postmaster = await postmasterOf(dataDir);
  await second.stop('SIGKILL');
  const third = await startServer({ ...env, HOST: '0.0.0.0' });
  const last = await sandboxOf(third);
  expect(last.url).toBe(sandbox.url);
  await last.ask('/v1/payment_intents', 'amount=700&currency=eur');
  expect(await last.intents()).toHaveLength(2);
  await expectDelivery(last);
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

describe('the Stripe sandbox', () => {
  const databaseUrl = 'postgres://nobody@127.0.0.1:1/none';
  const development = (folder: string) =>
    readSettings({ NODE_ENV: 'development', DATA_DIR: folder, DATABASE_URL: databaseUrl });

  it('has keys of its own, which an installation from before it gets too', async () => {
    const folder = tempDir();
    const old = { APP_SECRET: 'a', JWT_PRIVATE_KEY: 'j', METRICS_TOKEN: 'm', POSTGRES_PASSWORD: 'p' };
    await writeFile(join(folder, 'secrets.json'), JSON.stringify(old));
    const embedded = await startEmbedded(development(folder));
    const secrets = await loadSecrets(folder);
    expect(secrets).toEqual({
      ...old,
      STRIPE_SECRET_KEY: expect.stringMatching(/^sk_test_sandbox\w{32}$/),
      STRIPE_PUBLISHABLE_KEY: expect.stringMatching(/^pk_test_sandbox\w{32}$/),
      STRIPE_WEBHOOK_SECRET: expect.stringMatching(/^whsec_\w{48}$/),
    });
    const { POSTGRES_PASSWORD: _password, STRIPE_WEBHOOK_SECRET, ...given } = secrets;
    expect(embedded.config).toMatchObject({ ...given, STRIPE_WEBHOOK_SECRET: [STRIPE_WEBHOOK_SECRET] });
    expect(embedded.config.STRIPE_API_URL).toBe(embedded.stripe?.url);
    await embedded.stop();
    await expect(fetch(embedded.config.STRIPE_API_URL ?? '')).rejects.toThrow();
    expect(await secretsIn(folder)).toEqual(secrets);
  });

  it('takes another port when its own is taken, and keeps that', async () => {
    const folder = tempDir();
    const urlOf = async () => {
      const { config, stop } = await startEmbedded(development(folder));
      await stop();
      return config.STRIPE_API_URL ?? '';
    };
    const url = await urlOf();
    const rival = createServer();
    await new Promise<void>((resolve) => rival.listen(Number(new URL(url).port), '127.0.0.1', resolve));
    const other = await urlOf();
    await new Promise((resolve) => rival.close(resolve));
    expect(other).not.toBe(url);
    expect(await urlOf()).toBe(other);
    for (const odd of ['', 'http://127.0.0.1:99999', 'http://192.0.2.1:80']) {
      await writeFile(join(folder, 'stripe', 'url'), odd);
      expect(await urlOf(), odd).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    }
  });

  it('does not start beside keys that are given, nor in production', async () => {
    const folder = tempDir();
    const given = testEnvironment(databaseUrl, { DATA_DIR: folder });
    const embedded = await startEmbedded(readSettings(given));
    expect([embedded.stripe, embedded.config.STRIPE_API_URL]).toEqual([null, given['STRIPE_API_URL']]);
    expect(embedded.config.STRIPE_WEBHOOK_SECRET).toEqual([given['STRIPE_WEBHOOK_SECRET']]);
    await embedded.stop();
    const real = await startEmbedded(readSettings({ ...given, STRIPE_API_URL: '' }));
    expect([real.stripe, real.config.STRIPE_API_URL]).toEqual([null, undefined]);
    await real.stop();
    expect(await readdir(folder)).toEqual(['secrets.json']);

    const PRODUCTION = { NODE_ENV: 'production', TEST_CLOCK: 'off', RATE_LIMITS: 'on', STRIPE_API_URL: '' };
    const s3 = { S3_ENDPOINT: 'http://127.0.0.1:1', S3_ACCESS_KEY: 'a', S3_SECRET_KEY: 'b', S3_BUCKET: 'files' };
    const needed = { PUBLIC_URL: 'https://api.example.com', SMTP_URL: 'smtp://127.0.0.1', ...s3 };
    const settings = readSettings({ ...given, ...PRODUCTION, ...needed, DATA_DIR: join(folder, 'none') });
    for (const start of [startEmbedded, joinEmbedded]) {
      expect(await start(settings)).toMatchObject({ config: settings, stripe: null, ownsDatabase: false });
      const { STRIPE_SECRET_KEY: _key, ...rest } = settings;
      await expect(start(rest as typeof settings)).rejects.toThrow('not complete');
    }
    expect(await readdir(folder)).toEqual(['secrets.json']);
  });

  it('and the database start together or not at all', async () => {
    const broken = tempDir();
    afterFile(() => stopLeftoverPostgres(join(broken, 'postgres', 'data')));
    await mkdir(join(broken, 'stripe'));
    await writeFile(join(broken, 'stripe', 'journal.jsonl'), 'not JSON\n');
    const settings = readSettings({ DATA_DIR: broken });
    await expect(startEmbedded(settings)).rejects.toThrow(/^The Stripe sandbox cannot read line 1 of .*: remove/);
    await expect(postmasterOf(join(broken, 'postgres', 'data'))).rejects.toThrow('ENOENT');

    const folder = tempDir();
    await writeFile(join(folder, 'postgres'), 'a file');
    await expect(startEmbedded(readSettings({ DATA_DIR: folder }))).rejects.toThrow('EEXIST');
    const url = await readFile(join(folder, 'stripe', 'url'), 'utf8');
    await expect(fetch(url)).rejects.toThrow();
    for (const one of [broken, folder]) expect(await readdir(one)).not.toContain('server.pid');
  });
});
