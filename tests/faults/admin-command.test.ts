import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createBrand, register, uniqueEmail } from '../support/people.ts';
import { serverEnvironment } from '../support/server-process.ts';
import { startTestApp } from '../support/test-app.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const test = await startTestApp();
const env = { PATH: process.env['PATH'], ...serverEnvironment(test.url) };

type Outcome = { code: number; stdout: string; stderr: string };

function admin(...args: string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    const command = ['--import', './src/preload.ts', 'src/admin.ts', ...args];
    execFile(process.execPath, command, { cwd: ROOT, env }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
}

const audit = async (tenantId: string, token: string) =>
  (await test.call('GET', `tenants/${tenantId}/audit?limit=1`, { token })).body.data[0];

describe('the command line of operators', () => {
  it('explains itself, and answers wrong usage with 2', async () => {
    const help = await admin('--help');
    expect(help).toMatchObject({ code: 0, stderr: '' });
    for (const name of ['create-admin', 'suspend-tenant', 'set-plan', 'revoke-key'])
      expect(help.stdout).toContain(name);
    for (const args of [['nope'], ['create-admin'], ['create-admin', 'a', 'b'], ['suspend-tenant', '--unknown', 'x']]) {
      const { code, stdout, stderr } = await admin(...args);
      expect([code, stdout], args.join(' ')).toEqual([2, '']);
      expect(stderr).toContain('Usage:');
    }
  });

  it('makes a platform admin whose printed password works, promotes one who is there, and takes it back', async () => {
    const email = uniqueEmail('boss');
    const made = await admin('create-admin', email, '--name', 'Boss');
    const password = /password (\S+)\n$/.exec(made.stdout)?.[1] ?? '';
    const session = await test.call('POST', 'auth/login', { body: { email, password } });
    expect(session.body.data.user).toMatchObject({ email, name: 'Boss', platformRole: 'admin', emailVerified: true });
    expect(await admin('remove-admin', email)).toMatchObject({ code: 0 });
    const { accessToken: token } = session.body.data;
    expect((await test.call('GET', 'auth/me', { token })).body.data.platformRole).toBe('user');
    expect((await admin('create-admin', email.toUpperCase())).stdout).not.toContain('password');
    expect((await test.call('GET', 'auth/me', { token })).body.data.platformRole).toBe('admin');
    for (const odd of ['nobody', 'foo@bar', '<a>@b.c', `${'a'.repeat(400)}@b.example`]) {
      expect((await admin('create-admin', odd)).code, odd).toBe(1);
    }
  });

  it('makes no admin of an account whose address nobody has proved', async () => {
    const { email, token } = await register(test);
    expect(await admin('create-admin', email)).toMatchObject({ code: 1, stdout: '' });
    expect((await test.call('GET', 'auth/me', { token })).body.data.platformRole).toBe('user');
  });

  it('suspends a brand and lifts it, with the reason in its audit log', async () => {
    const { tenantId, subdomain, owner } = await createBrand(test);
    expect((await admin('suspend-tenant', subdomain.toUpperCase(), '--reason', 'spam')).code).toBe(0);
    expect((await test.call('GET', `tenants/public/${subdomain}`)).status).toBe(404);
    expect(await audit(tenantId, owner.token)).toMatchObject({
      actor: { type: 'system', id: null },
      action: 'tenant.statusChanged',
      before: { status: 'active' },
      after: { status: 'suspended', reason: 'spam' },
    });
    expect((await admin('suspend-tenant', subdomain)).code).toBe(1);
    expect((await admin('activate-tenant', tenantId)).code).toBe(0);
    expect((await test.call('GET', `tenants/public/${subdomain}`)).status).toBe(200);
    expect((await admin('suspend-tenant', randomUUID())).code).toBe(1);
  });

  it('changes a plan, which is what the brand then sees', async () => {
    const { tenantId, owner } = await createBrand(test);
    expect((await admin('set-plan', tenantId, 'scale')).code).toBe(0);
    expect((await test.call('GET', `tenants/${tenantId}`, { token: owner.token })).body.data.plan).toBe('scale');
    expect((await admin('set-plan', tenantId, 'gold')).stderr).toContain('free, growth, scale');
  });

  it('revokes a key by its id or as it leaked, and never prints it', async () => {
    const { owner, tenantId } = await createBrand(test);
    for (const of of ['id', 'key'] as const) {
      const call = { token: owner.token, body: { name: 'Leaked', scopes: ['read'] } };
      const { apiKey, key } = (await test.call('POST', 'auth/api-keys', call)).body.data;
      const { code, stdout } = await admin('revoke-key', of === 'id' ? apiKey.id : key);
      expect([code, stdout.includes(key)]).toEqual([0, false]);
      expect((await test.call('GET', 'auth/verify', { token: key })).status).toBe(401);
      expect(await audit(tenantId, owner.token)).toMatchObject({ action: 'apiKey.revoked', target: { id: apiKey.id } });
    }
    expect((await admin('revoke-key', 'ttx_unknown')).code).toBe(1);
  });

  it('says in one line that the database is down', async () => {
    const { DATABASE_URL: _url, ...rest } = env as Record<string, string>;
    const down = { ...rest, DATABASE_URL: 'postgres://nobody:secret@127.0.0.1:1/none' };
    const outcome = await new Promise<Outcome>((resolve) => {
      const command = ['--import', './src/preload.ts', 'src/admin.ts', 'set-plan', 'acme', 'free'];
      execFile(process.execPath, command, { cwd: ROOT, env: down }, (error, stdout, stderr) =>
        resolve({ code: Number(error?.code), stdout, stderr }),
      );
    });
    expect(outcome.code).toBe(1);
    expect(outcome.stderr.trim().split('\n')).toHaveLength(1);
    expect(outcome.stderr).not.toContain('secret');
  });
});
