import { describe, expect, it, vi } from 'vitest';
import { createTestDatabase } from '../support/database.ts';
import { outsideSession } from '../support/outside-session.ts';
import { type RunningServer, serverEnvironment, startServer } from '../support/server-process.ts';
import { tempDir } from '../support/temp-dir.ts';

const COUNT = 100_000;

const { url } = await createTestDatabase();
const sql = outsideSession(url);
const env = serverEnvironment(url);
const start = () => startServer({ ...env, DATA_DIR: tempDir() });

async function post({ url: base }: RunningServer, path: string, body: object, token = '') {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
  const answer = await fetch(`${base}/api/v1/${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  expect(answer.status, path).toBeLessThan(300);
  return ((await answer.json()) as any).data;
}

const stateOf = async (id: string) => (await sql`select status, made from code_batches where id = ${id}`)[0];

describe('kill -9 while a batch of codes is made', () => {
  it('leaves a part, and the next process makes the rest: exactly as many as were asked for', {
    timeout: 180_000,
  }, async () => {
    let server = await start();
    const { accessToken: token } = await post(server, 'auth/register', {
      email: 'owner@codes.example',
      password: 'quiet-harbour-41',
    });
    const brand = await post(server, 'tenants', { name: 'Codes', subdomain: 'codes-crash' }, token);
    const coupons = `coupons/${brand.id}`;
    const coupon = await post(server, coupons, { name: 'Sale', kind: 'percent', percentOff: 5 }, token);
    const body = { count: COUNT, pattern: 'CRASH-####-####' };
    const { batch } = await post(server, `${coupons}/${coupon.id}/codes`, body, token);
    const kills: number[] = [];
    for (const least of [1_000, 20_000, 50_000]) {
      await vi.waitFor(async () => expect((await stateOf(batch.id))?.['made']).toBeGreaterThanOrEqual(least), {
        timeout: 50_000,
        interval: 10,
      });
      await server.stop('SIGKILL');
      kills.push((await stateOf(batch.id))?.['made']);
      server = await start();
    }
    expect(kills.at(-1)).toBeLessThan(COUNT);
    await vi.waitFor(async () => expect(await stateOf(batch.id)).toEqual({ status: 'done', made: COUNT }), {
      timeout: 60_000,
      interval: 100,
    });
    const [codes] = await sql`select count(*)::int as codes, count(distinct code_key)::int as different
      from promotion_codes where batch_id = ${batch.id}`;
    expect(codes).toEqual({ codes: COUNT, different: COUNT });
    const csv = await fetch(`${server.url}/api/v1/${coupons}/${coupon.id}/batches/${batch.id}/codes.csv`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect((await csv.text()).split('\r\n')).toHaveLength(COUNT + 2);
    await server.stop();
  });
});
