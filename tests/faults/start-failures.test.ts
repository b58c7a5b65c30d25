import { existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { afterFile } from '../support/after-file.ts';
import { createTestDatabase } from '../support/database.ts';
import { launchServer, serverEnvironment } from '../support/server-process.ts';
import { tempDir } from '../support/temp-dir.ts';

const S3 = ['S3_ENDPOINT', 'S3_ACCESS_KEY', 'S3_SECRET_KEY', 'S3_BUCKET'];

const { url } = await createTestDatabase();
const dir = tempDir();

/** What a stranger sees of a server that does not start. */
async function refusal(env: Record<string, string>): Promise<{ code: number | null; lines: string[]; text: string }> {
  const server = launchServer(env);
  const { code } = await server.exited;
  const text = server.stderr();
  expect(text, 'a stack trace').not.toMatch(/^\s+at /m);
  return { code, text, lines: text.trimEnd().split('\n') };
}

describe.concurrent('a start that fails says why and exits', () => {
  it('the port is in use', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    afterFile(() => void taken.close());
    const { port } = taken.address() as { port: number };
    const { code, lines } = await refusal(serverEnvironment(url, { PORT: String(port) }));
    expect(code).toBe(1);
    expect(lines).toEqual([
      `TTConnect did not start: Port ${port} on 127.0.0.1 is in use: stop what uses it, or set PORT.`,
    ]);
  });

  it('the host is not ours', async () => {
    const { code, lines } = await refusal(serverEnvironment(url, { HOST: '192.0.2.1' }));
    expect(code).toBe(1);
    expect(lines).toEqual([
      'TTConnect did not start: Cannot listen on 192.0.2.1:0 (EADDRNOTAVAIL): set HOST and PORT.',
    ]);
  });

  it.each([
    { name: 'below a file', path: 'file/sub', reason: 'ENOTDIR' },
    { name: 'a file itself', path: 'file', reason: 'EEXIST|ENOTDIR' },
  ])('the data folder is $name', async ({ path, reason }) => {
    writeFileSync(join(dir, 'file'), '');
    const { code, lines } = await refusal(serverEnvironment(url, { DATA_DIR: join(dir, path) }));
    expect(code).toBe(1);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(
      new RegExp(
        `^TTConnect did not start: The data folder ${join(dir, path)} is not writable \\((${reason})\\): set DATA_DIR\\.$`,
      ),
    );
  });

  it('several settings are wrong: all of them are listed, without their values', async () => {
    const wrong = {
      PORT: 'http',
      LOG_LEVEL: 'loud',
      DATABASE_URL: 'mysql://root:hunter2-canary@localhost/shop',
      DATABASE_POOL_SIZE: '0',
      APP_SECRET: 'short-canary',
      RATE_LIMITS: 'maybe',
    };
    const { code, lines, text } = await refusal(serverEnvironment(url, wrong));
    expect(code).toBe(1);
    expect(lines[0]).toBe('The configuration is not valid:');
    const named = lines.slice(1).map((line) => /^ {2}([A-Z0-9_]+): \S/.exec(line)?.[1]);
    expect([...new Set(named)].sort()).toEqual(Object.keys(wrong).sort());
    expect(text).not.toContain('canary');
  });

  it('production without its secrets: the list of what is missing', async () => {
    const { code, lines } = await refusal({
      NODE_ENV: 'production',
      DATA_DIR: join(dir, 'none'),
      RATE_LIMITS: 'off',
      TEST_CLOCK: 'on',
    });
    expect(code).toBe(1);
    expect(lines[0]).toBe('The configuration is not valid:');
    const named = lines.slice(1).map((line) => /^ {2}([A-Z0-9_]+): \S/.exec(line)?.[1]);
    const stripe = ['STRIPE_SECRET_KEY', 'STRIPE_PUBLISHABLE_KEY', 'STRIPE_WEBHOOK_SECRET'];
    const needed = ['DATABASE_URL', 'APP_SECRET', 'JWT_PRIVATE_KEY', ...stripe, ...S3, 'PUBLIC_URL', 'SMTP_URL'];
    expect(named).toEqual([...needed, 'RATE_LIMITS', 'TEST_CLOCK']);
  });

  it('half of what Stripe needs: the rest is named, and no sandbox stands in', async () => {
    const folder = join(dir, 'half');
    const env = { NODE_ENV: 'development', DATA_DIR: folder, STRIPE_SECRET_KEY: 'sk_test_canary' };
    const { code, lines, text } = await refusal(env);
    expect(code).toBe(1);
    const reason = 'is required with STRIPE_SECRET_KEY; without any STRIPE_ variable the embedded sandbox starts';
    expect(lines.slice(1)).toEqual([`  STRIPE_PUBLISHABLE_KEY: ${reason}`, `  STRIPE_WEBHOOK_SECRET: ${reason}`]);
    expect(text).not.toContain('canary');
    expect(existsSync(folder)).toBe(false);
  });

  it('production with weak secrets: each is refused', async () => {
    const stripe = {
      STRIPE_SECRET_KEY: 'sk_test',
      STRIPE_WEBHOOK_SECRET: 'secret',
      STRIPE_API_URL: 'http://127.0.0.1:1',
    };
    const weak = { APP_SECRET: 'a'.repeat(40), METRICS_TOKEN: 'token', JWT_PRIVATE_KEY: 'secret', ...stripe };
    const { code, lines } = await refusal(serverEnvironment(url, { ...weak, NODE_ENV: 'production' }));
    expect(code).toBe(1);
    const named = lines.slice(1).map((line) => /^ {2}([A-Z0-9_]+): \S/.exec(line)?.[1]);
    for (const name of Object.keys(weak)) expect(named).toContain(name);
  });
});
