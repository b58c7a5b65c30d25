import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { createDatabase } from '#db/client.ts';
import { createJobs } from '#db/jobs.ts';
import { afterFile } from '../support/after-file.ts';
import { createTestDatabase } from '../support/database.ts';
import { formOf, textPart } from '../support/files.ts';
import { checkInvariants } from '../support/invariants.ts';
import { outsideSession } from '../support/outside-session.ts';
import { type Brand, createBrand } from '../support/people.ts';
import { type RunningServer, serverEnvironment, startServer } from '../support/server-process.ts';
import { environmentOf, startS3rver } from '../support/stores.ts';
import { tempDir } from '../support/temp-dir.ts';
import type { TestApp } from '../support/test-app.ts';

const { url: databaseUrl } = await createTestDatabase();
const sql = outsideSession(databaseUrl);
const database = createDatabase({ url: databaseUrl, poolSize: 1 });
const jobs = createJobs({ url: databaseUrl, log: { warn: () => {} }, works: false, baseUrl: '' });
afterFile(async () => {
  await jobs.close();
  await database.close();
});
const purge = () => jobs.enqueue(database.db, 'purge', {});

type Sending = { done: Promise<number | null>; write: (bytes: Buffer) => void; end: () => void };

/** A form that is sent as the test goes on; null when the connection ended without an answer. */
function begin({ url }: RunningServer, { tenantId, owner }: Brand, bytes: Buffer): Sending & { rest: Buffer } {
  const { body, headers } = formOf({ fields: { tenantId, purpose: 'document' }, file: { bytes } });
  const sent = request(`${url}/api/v1/storage/upload`, {
    method: 'POST',
    headers: { ...headers, 'content-length': body.length, authorization: `Bearer ${owner.token}` },
  });
  const done = new Promise<number | null>((resolve) => {
    sent.once('response', (response) => {
      response.resume();
      resolve(response.statusCode ?? null);
    });
    sent.once('error', () => resolve(null));
  });
  const half = body.length >> 1;
  sent.write(body.subarray(0, half));
  return { done, rest: body.subarray(half), write: (more) => void sent.write(more), end: () => void sent.end() };
}

const start = (folder: string, more: Record<string, string> = {}) =>
  startServer(serverEnvironment(databaseUrl, { DATA_DIR: folder, ...more }));
const filesIn = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
const rows = () => sql`select key, status from files`;

describe('an upload', () => {
  it('is finished when the service is told to end (case 22)', async () => {
    const folder = tempDir();
    const server = await start(folder, { SHUTDOWN_DRAIN_MS: '300' });
    const brand = await createBrand({ call: server.call } as TestApp);
    const sending = begin(server, brand, randomBytes(4_000_000));
    await vi.waitFor(async () => expect(await rows()).toHaveLength(1));
    const exit = server.stop('SIGTERM');
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    sending.write(sending.rest);
    sending.end();
    expect(await sending.done).toBe(201);
    expect(await exit).toEqual({ code: 0, signal: null });
    expect(await rows()).toMatchObject([{ status: 'ready' }]);
    await sql`truncate files, storage_counters cascade`;
  });

  it('that stays unfinished does not hold up the end, and leaves nothing', async () => {
    const folder = tempDir();
    const server = await start(folder);
    const brand = await createBrand({ call: server.call } as TestApp);
    const sending = begin(server, brand, randomBytes(4_000_000));
    await vi.waitFor(async () => expect(await rows()).toHaveLength(1));
    const at = performance.now();
    expect(await server.stop('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(performance.now() - at).toBeLessThan(10_000);
    expect(await sending.done).not.toBe(201);
    expect(await rows()).toEqual([]);
    expect(filesIn(join(folder, 'storage'))).toEqual([]);
    await checkInvariants(sql);
  });

  it('cut by kill -9 is no file, and goes by itself', async () => {
    // The same keys after the restart.
    const env = serverEnvironment(databaseUrl, { DATA_DIR: tempDir() });
    const server = await startServer(env);
    const brand = await createBrand({ call: server.call } as TestApp);
    const sending = begin(server, brand, randomBytes(4_000_000));
    await vi.waitFor(async () => expect(await rows()).toHaveLength(1));
    await server.stop('SIGKILL');
    expect(await sending.done).toBeNull();
    expect(await rows()).toMatchObject([{ status: 'checking' }]);
    const again = await startServer(env);
    const list = await again.call('GET', 'storage/files', { token: brand.owner.token });
    expect(list.body.data).toEqual([]);
    await sql`update files set expires_at = now() - interval '1 minute'`;
    // First it is given back, then it is given up.
    for (const status of ['pending', 'gone']) {
      await purge();
      await vi.waitFor(async () => expect((await rows())[0]?.['status'] ?? 'gone').toBe(status), {
        timeout: 20_000,
        interval: 200,
      });
      await sql`update files set expires_at = now() - interval '1 minute'`;
    }
    await again.stop();
    await checkInvariants(sql);
  });
});

describe('a bucket that is not there', () => {
  it('is made at the start, before anybody asks whether the service is ready', async () => {
    const s3 = environmentOf({ ...(await startS3rver()), bucket: 'not-there-yet' });
    const server = await start(tempDir(), s3);
    const brand = await createBrand({ call: server.call } as TestApp);
    const { body, headers } = formOf({ fields: { tenantId: brand.tenantId, purpose: 'document' }, file: textPart() });
    const authorization = `Bearer ${brand.owner.token}`;
    await vi.waitFor(
      async () => {
        const init = { method: 'POST', body: new Uint8Array(body), headers: { ...headers, authorization } };
        expect((await fetch(`${server.url}/api/v1/storage/upload`, init)).status).toBe(201);
      },
      { timeout: 10_000, interval: 200 },
    );
    await server.stop();
  });
});

describe('a store that is down', () => {
  it('is a 503 with nothing half-written, says so on readiness, and heals', async () => {
    const folder = tempDir();
    const server = await start(folder);
    const brand = await createBrand({ call: server.call } as TestApp);
    const { body, headers } = formOf({ fields: { tenantId: brand.tenantId, purpose: 'document' }, file: textPart() });
    const authorization = `Bearer ${brand.owner.token}`;
    const upload = async () => {
      const answer = await fetch(`${server.url}/api/v1/storage/upload`, {
        method: 'POST',
        body: new Uint8Array(body),
        headers: { ...headers, authorization },
      });
      return { status: answer.status, body: (await answer.json()) as any };
    };
    const made = await upload();
    expect(made.status).toBe(201);
    const { key, url } = made.body.data.file;
    const storage = join(folder, 'storage');
    renameSync(storage, `${storage}.away`);
    writeFileSync(storage, 'a file in its place');

    const down = await upload();
    expect([down.status, down.body.error.code]).toEqual([503, 'SERVICE_UNAVAILABLE']);
    const granted = await server.call('POST', 'storage/presigned-url', {
      token: brand.owner.token,
      body: { tenantId: brand.tenantId, purpose: 'document', filename: 'a.txt', contentType: 'text/plain', size: 4 },
    });
    expect(granted.status, 'a grant asks the store nothing').toBe(201);
    const ready = await vi.waitFor(async () => {
      const answer = await server.call('GET', '/health/ready');
      expect(answer.status).toBe(503);
      return answer;
    }, 6_000);
    expect(ready.body.error.details).toMatchObject({
      reason: 'storage_unavailable',
      checks: { storage: { status: 'down' } },
    });
    expect((await server.call('GET', '/health/live')).status).toBe(200);
    const gone = await server.call('DELETE', `storage/files/${encodeURIComponent(key)}`, { token: brand.owner.token });
    expect(gone.status, 'deleted for whoever asks').toBe(200);

    renameSync(storage, `${storage}.wrong`);
    renameSync(`${storage}.away`, storage);
    mkdirSync(storage, { recursive: true });
    await vi.waitFor(async () => expect((await server.call('GET', '/health/ready')).status).toBe(200), 6_000);
    expect((await upload()).status).toBe(201);
    const listed = await server.call('GET', 'storage/files', { token: brand.owner.token });
    expect(listed.body.data).toHaveLength(1);
    // What was deleted meanwhile goes with the next purge.
    expect((await fetch(url)).status).toBe(200);
    await purge();
    await vi.waitFor(async () => expect((await fetch(url)).status).toBe(404), { timeout: 20_000, interval: 200 });
    await checkInvariants(sql);
  });

  it('on S3 that nobody answers for: 503 too', async () => {
    const s3 = { S3_ENDPOINT: 'http://127.0.0.1:1', S3_ACCESS_KEY: 'a', S3_SECRET_KEY: 'b', S3_BUCKET: 'files' };
    const server = await start(tempDir(), s3);
    const brand = await createBrand({ call: server.call } as TestApp);
    const { body, headers } = formOf({ fields: { tenantId: brand.tenantId, purpose: 'document' }, file: textPart() });
    const answer = await fetch(`${server.url}/api/v1/storage/upload`, {
      method: 'POST',
      body: new Uint8Array(body),
      headers: { ...headers, authorization: `Bearer ${brand.owner.token}` },
    });
    expect(answer.status).toBe(503);
    expect((await server.call('GET', '/health/ready')).status).toBe(503);
    const listed = await server.call('GET', 'storage/files', { token: brand.owner.token });
    expect(listed.body.data).toEqual([]);
  });
});
