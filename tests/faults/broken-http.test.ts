import { connect, type Socket } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { afterFile } from '../support/after-file.ts';
import { createTestDatabase } from '../support/database.ts';
import { rawRequest } from '../support/raw-http.ts';
import { serverEnvironment, startServer } from '../support/server-process.ts';

const { url: databaseUrl } = await createTestDatabase();
const server = await startServer(serverEnvironment(databaseUrl));

const HOST = 'Host: x\r\n';
const POST = `POST /api/v1/auth/login HTTP/1.1\r\n${HOST}Content-Type: application/json\r\n`;

describe('case 36: broken HTTP is refused in the envelope', () => {
  it.each([
    { name: 'no HTTP', text: 'hello\r\n\r\n', status: 400 },
    { name: 'TLS on the plain port', text: '\x16\x03\x01\x00\x05hello', status: 400 },
    { name: 'an unknown method', text: `BREW /coffee HTTP/1.1\r\n${HOST}\r\n`, status: 400 },
    { name: 'a header without a colon', text: `GET /health HTTP/1.1\r\n${HOST}broken\r\n\r\n`, status: 400 },
    { name: 'a NUL in a header', text: `GET /health HTTP/1.1\r\n${HOST}X-A: a\0b\r\n\r\n`, status: 400 },
    { name: 'a space before the colon', text: `GET /health HTTP/1.1\r\n${HOST}X-A : b\r\n\r\n`, status: 400 },
    { name: 'no Host', text: 'GET /health HTTP/1.1\r\nConnection: close\r\n\r\n', status: 400 },
    {
      name: 'Content-Length and Transfer-Encoding',
      text: `${POST}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /health HTTP/1.1\r\n\r\n`,
      status: 400,
    },
    {
      name: 'Transfer-Encoding and Content-Length',
      text: `${POST}Transfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n0\r\n\r\n`,
      status: 400,
    },
    { name: 'two lengths', text: `${POST}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`, status: 400 },
    { name: 'a negative length', text: `${POST}Content-Length: -1\r\n\r\n`, status: 400 },
    { name: 'a broken chunk', text: `${POST}Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n`, status: 400 },
    { name: 'an unknown encoding', text: `${POST}Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n`, status: 400 },
    {
      name: 'a header of 100 KB',
      text: `GET /health HTTP/1.1\r\n${HOST}X-A: ${'a'.repeat(100_000)}\r\n\r\n`,
      status: 431,
    },
    {
      name: '100 KB of headers',
      text: `GET /health HTTP/1.1\r\n${HOST}${'X-A: aaaaaaaaaa\r\n'.repeat(6_000)}\r\n`,
      status: 431,
    },
    { name: 'a URL of 100 KB', text: `GET /${'a'.repeat(100_000)} HTTP/1.1\r\n${HOST}\r\n`, status: 431 },
  ])('$name → $status', async ({ text, status }) => {
    const answer = await rawRequest(server.url, (socket) => socket.write(text, 'latin1'));
    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({
      success: false,
      error: { code: expect.any(String), statusCode: status, requestId: expect.any(String) },
    });
    expect(answer.headers).toContain('content-type: application/json');
    expect(answer.headers).toContain('connection: close');
  });

  it('does not take what follows a refused request for a second one', async () => {
    const smuggled = `GET /api/v1/tenants/public/smuggled HTTP/1.1\r\n${HOST}\r\n`;
    const text = `${POST}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`;
    await rawRequest(server.url, (socket) => socket.write(text));
    // A request of our own after it, so that the log has been written.
    await server.call('GET', 'tenants/public/last');
    await new Promise((resolve) => setTimeout(resolve, 500));
    const operations = server.stdout().match(/"operation":"getPublicTenant"/g);
    expect(operations).toHaveLength(1);
  });
});

it('answers an OPTIONS that is no preflight as one', async () => {
  const answer = await server.call('OPTIONS', '/health');
  expect(answer.status, answer.text).toBe(204);
});

it('does not take a client that goes away for a database that does', async () => {
  const logged = server.stdout().length;
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  socket.write(`${POST}Content-Length: 50\r\n\r\n{"gone`, () => setTimeout(() => socket.destroy(), 300));
  await new Promise((resolve) => socket.once('close', resolve));
  await server.call('GET', 'tenants/public/after-it');
  await vi.waitFor(() => expect(server.stdout().slice(logged)).toContain('"status":404'), { timeout: 5_000 });
  expect(server.stdout()).not.toContain('DatabaseError');
});

describe('case 36: idle sockets', () => {
  const sockets: Socket[] = [];
  afterFile(() => {
    for (const socket of sockets) socket.destroy();
  });

  it('answers beside thousands of connections that say nothing', async () => {
    const count = openFiles() >= 12_000 ? 10_000 : Math.min(2_000, openFiles() - 500);
    const { hostname, port } = new URL(server.url);
    const open = () =>
      new Promise<void>((resolve, reject) => {
        const socket = connect(Number(port), hostname, resolve);
        sockets.push(socket);
        socket.once('error', reject);
      });
    while (sockets.length < count) await Promise.all(Array.from({ length: 100 }, open));
    expect(sockets.filter((socket) => socket.readyState === 'open').length).toBeGreaterThanOrEqual(count);

    for (let round = 0; round < 20; round += 1) {
      const answer = await server.call('GET', 'tenants/public/nobody', { timeoutMs: 2_000 });
      expect(answer.status).toBe(404);
    }
  });
});

/** How many files a process of this user may have open: our sockets are on both sides. */
function openFiles(): number {
  const report = process.report.getReport() as { userLimits: { open_files: { soft: number | string } } };
  const { soft } = report.userLimits.open_files;
  return soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft);
}
