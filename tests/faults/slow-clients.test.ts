import { describe, expect, it } from 'vitest';
import { LIMITS } from '#src/lib/limits.ts';
import { createTestDatabase } from '../support/database.ts';
import { rawRequest, trickle } from '../support/raw-http.ts';
import { serverEnvironment, startServer } from '../support/server-process.ts';

const { url: databaseUrl } = await createTestDatabase();
const server = await startServer(serverEnvironment(databaseUrl));

// The check runs every second; the rest is room for a busy machine.
const SLACK_MS = LIMITS.connectionsCheckingInterval + 2_000;
const TIMEOUT = {
  success: false,
  error: { code: 'REQUEST_TIMEOUT', statusCode: 408, requestId: expect.any(String), timestamp: expect.any(String) },
};
const POST = 'POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';

describe.concurrent('case 31: slow clients are cut off with 408', () => {
  it.each([
    { name: 'nothing at all', start: '', every: 60_000, limit: LIMITS.headersTimeout },
    {
      name: 'a request line and silence',
      start: 'GET /health HTTP/1.1\r\n',
      every: 60_000,
      limit: LIMITS.headersTimeout,
    },
    {
      name: 'headers, a byte at a time',
      start: 'GET /health HTTP/1.1\r\nHost: x\r\nX-Slow: ',
      every: 300,
      limit: LIMITS.headersTimeout,
    },
    {
      name: 'a body, a byte at a time',
      start: `${POST}Content-Length: 5000\r\n\r\n"`,
      every: 300,
      limit: LIMITS.requestTimeout,
    },
    {
      name: 'a body that never comes',
      start: `${POST}Content-Length: 5000\r\n\r\n`,
      every: 60_000,
      limit: LIMITS.requestTimeout,
    },
    {
      name: 'a chunk without end',
      start: `${POST}Transfer-Encoding: chunked\r\n\r\nfff\r\n"`,
      every: 300,
      limit: LIMITS.requestTimeout,
    },
  ])('$name', async ({ start, every, limit }) => {
    const answer = await rawRequest(server.url, (socket) => trickle(socket, { start, every }));
    expect(answer.status).toBe(408);
    expect(answer.body).toMatchObject(TIMEOUT);
    expect(answer.headers).toContain('connection: close');
    expect(answer.headers).toContain('content-type: application/json');
    expect(answer.tookMs).toBeGreaterThan(limit - 500);
    expect(answer.tookMs).toBeLessThan(limit + SLACK_MS);
  });

  it('others are served meanwhile', async () => {
    for (let round = 0; round < 20; round += 1) {
      const answer = await server.call('GET', 'tenants/public/nobody', { timeoutMs: 2_000 });
      expect(answer.status).toBe(404);
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  });
});
