import { describe, expect, it } from 'vitest';
import type { Ctx } from '#src/context.ts';
import { exportCodes } from '#src/coupons/export-codes.ts';
import { makeCodes } from '#src/coupons/make-codes.ts';
import { brandWithMember, claim, makeCoupon, newMember, reasonsOf } from '../support/coupons.ts';
import { expectRefusal } from '../support/refusals.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp({ RATE_LIMITS: 'off' });
const { sql } = openRows(test.url);
const brand = await brandWithMember(test);
const { tenantId, owner } = brand;
const { token } = owner;

type Wanted = { count: number; pattern?: string; charset?: string };
const create = (couponId: string, { pattern = 'SUMMER-####-####', ...body }: Wanted) =>
  test.call('POST', `coupons/${tenantId}/${couponId}/codes`, { token, body: { pattern, ...body } });
const get = (path: string) => test.call('GET', `coupons/${tenantId}/${path}`, { token });
const remove = (path: string) => test.call('DELETE', `coupons/${tenantId}/${path}`, { token });

async function batchOf(couponId: string, wanted: Wanted) {
  const made = await create(couponId, wanted);
  expect(made.status, made.text).toBe(202);
  return made.body.data.batch;
}

async function csvOf(couponId: string, batchId: string): Promise<string[][]> {
  const answer = await get(`${couponId}/batches/${batchId}/codes.csv`);
  expect(answer.status, answer.text).toBe(200);
  expect(answer.headers['content-type']).toBe('text/csv; charset=utf-8');
  expect(answer.headers['content-disposition']).toBe(`attachment; filename="codes-${batchId}.csv"`);
  const lines = answer.text.split('\r\n');
  expect(lines.at(-1)).toBe('');
  return lines.slice(0, -1).map((line) => line.split(','));
}

describe('codes from a pattern', () => {
  it('are made by a job, whose progress can be read, and given as CSV', async () => {
    const { id: couponId } = await makeCoupon(test, brand);
    const batch = await batchOf(couponId, { count: 2_345 });
    expect(batch).toMatchObject({ couponId, source: 'pattern', status: 'queued', count: 2_345, made: 0 });
    await test.runJobs();
    const done = await get(`${couponId}/batches/${batch.id}`);
    expect(done.body.data).toMatchObject({ id: batch.id, status: 'done', made: 2_345, finishedAt: expect.any(String) });
    const [names, ...rows] = await csvOf(couponId, batch.id);
    expect(names).toEqual(['code', 'status', 'createdAt', 'usedAt']);
    expect(rows).toHaveLength(2_345);
    expect(new Set(rows.map(([code]) => code)).size).toBe(2_345);
    for (const [code, status] of rows) {
      expect(code).toMatch(/^SUMMER-[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4}$/);
      expect(status).toBe('unused');
    }
  });

  it('have 40 random bits at least, whatever they are made of', async () => {
    const { id: couponId } = await makeCoupon(test, brand);
    const short = await create(couponId, { count: 10, pattern: 'SUMMER-####' });
    expectRefusal(short, 400, 'VALIDATION_ERROR');
    expect(short.body.error.errors).toEqual([
      { location: 'body', field: 'pattern', message: 'needs 4 more #, so that each code has 40 random bits' },
    ]);
    for (const [charset, places] of [
      ['alphanumeric', 8],
      ['letters', 9],
      ['digits', 13],
    ] as const) {
      const body = (length: number) => ({ count: 1, pattern: '#'.repeat(length), charset });
      expectRefusal(await create(couponId, body(places - 1)), 400, 'VALIDATION_ERROR');
      const batch = await batchOf(couponId, body(places));
      await test.runJobs();
      const [, [code = ''] = []] = await csvOf(couponId, batch.id);
      expect(code).toMatch({ alphanumeric: /^[2-9A-Z]{8}$/, letters: /^[A-Z]{9}$/, digits: /^\d{13}$/ }[charset]);
    }
  });

  it.each([
    { count: 0 },
    { count: 100_001 },
    { count: 1.5 },
    { count: 1, pattern: '#'.repeat(41) },
    { count: 1, pattern: 'SOMMER-ß########' },
    { count: 1, pattern: '########,=1' },
    { count: 1, charset: 'emoji' },
  ])('refuses %j', async (body) => {
    const { id: couponId } = await makeCoupon(test, brand);
    expectRefusal(await create(couponId, body), 400, 'VALIDATION_ERROR');
  });

  it('are used once each, and keep everybody else from a secret coupon at once', async () => {
    const { id: couponId } = await makeCoupon(test, brand);
    const batch = await batchOf(couponId, { count: 2 });
    const without = await claim(test, { tenantId, couponId, token: brand.member.token });
    expect(reasonsOf(without)).toEqual(['CODE_REQUIRED']);
    await test.runJobs();
    const [, [code = ''] = []] = await csvOf(couponId, batch.id);
    const used = await claim(test, { tenantId, couponId, token: brand.member.token, code: code.toLowerCase() });
    expect(used.status, used.text).toBe(201);
    const late = await newMember(test, tenantId);
    expect(reasonsOf(await claim(test, { tenantId, couponId, token: late.token, code }))).toEqual([
      'QUANTITY_EXCEEDED',
    ]);
    const statuses = (await csvOf(couponId, batch.id)).slice(1).map(([, status]) => status);
    expect(statuses.sort()).toEqual(['unused', 'used']);
  });

  it('of a whole batch, or one by one, can be revoked', async () => {
    const { id: couponId } = await makeCoupon(test, brand, { maxPerUser: 5 });
    const batch = await batchOf(couponId, { count: 3 });
    await test.runJobs();
    const listed = (await get(`${couponId}/codes?batchId=${batch.id}`)).body.data;
    const claiming = { tenantId, couponId, token: brand.member.token };
    const used = await claim(test, { ...claiming, code: listed[0].code });
    const one = await remove(`${couponId}/codes/${listed[1].id}`);
    expect(one.body.data).toMatchObject({ status: 'revoked', revokedAt: expect.any(String) });
    expect((await remove(`${couponId}/codes/${listed[1].id}`)).body.data.revokedAt).toBe(one.body.data.revokedAt);
    const other = await newMember(test, tenantId);
    expect(reasonsOf(await claim(test, { ...claiming, token: other.token, code: listed[1].code }))).toEqual([
      'NOT_FOUND',
    ]);
    expect((await remove(`${couponId}/batches/${batch.id}`)).body.data.status).toBe('revoked');
    expect(reasonsOf(await claim(test, { ...claiming, token: other.token, code: listed[2].code }))).toEqual([
      'NOT_FOUND',
    ]);
    // What was used is given back like any other use, and the code is no use to anybody then.
    const released = await test.call('POST', `coupons/${tenantId}/claims/${used.body.data.claim.id}/release`, {
      token,
    });
    expect(released.status, released.text).toBe(200);
    expect(reasonsOf(await claim(test, { ...claiming, code: listed[0].code }))).toEqual(['NOT_FOUND']);
    const statuses = (await csvOf(couponId, batch.id)).slice(1).map(([, status]) => status);
    expect(statuses).toEqual(['revoked', 'revoked', 'revoked']);
  });

  it('are not made for a batch that was revoked before', async () => {
    const { id: couponId } = await makeCoupon(test, brand);
    const batch = await batchOf(couponId, { count: 50 });
    await remove(`${couponId}/batches/${batch.id}`);
    await test.runJobs();
    expect((await get(`${couponId}/batches/${batch.id}`)).body.data).toMatchObject({ status: 'revoked', made: 0 });
  });

  it('page by key, and only their own coupon shows them', async () => {
    const { id: couponId } = await makeCoupon(test, brand, { code: 'OWN-CODE' });
    const { id: otherId } = await makeCoupon(test, brand);
    const batch = await batchOf(couponId, { count: 25 });
    await test.runJobs();
    const first = await get(`${couponId}/codes?limit=20`);
    const second = await get(`${couponId}/codes?limit=20&cursor=${first.body.meta.nextCursor}`);
    const codes = [...first.body.data, ...second.body.data].map(({ code }) => code);
    expect(new Set(codes).size).toBe(25);
    expect(second.body.meta.nextCursor).toBeNull();
    expect((await get(`${otherId}/codes?batchId=${batch.id}`)).body.data).toEqual([]);
    expectRefusal(await get(`${otherId}/batches/${batch.id}`), 404, 'NOT_FOUND');
    expectRefusal(await get(`${otherId}/batches/${batch.id}/codes.csv`), 404, 'NOT_FOUND');
    expectRefusal(await remove(`${otherId}/batches/${batch.id}`), 404, 'NOT_FOUND');
    expectRefusal(await remove(`${otherId}/codes/${first.body.data[0].id}`), 404, 'NOT_FOUND');
  });

  it('of two batches at once, worked by several workers, are exactly as many as were asked for', async () => {
    const { id: couponId } = await makeCoupon(test, brand);
    const batches = await Promise.all([batchOf(couponId, { count: 3_000 }), batchOf(couponId, { count: 3_000 })]);
    await Promise.all([test.runJobs(), test.runJobs(), test.runJobs()]);
    await Promise.all(
      batches.flatMap(({ id: batchId }) => [0, 1].map(() => makeCodes(test.deps, { tenantId, batchId }))),
    );
    for (const { id } of batches) {
      expect((await get(`${couponId}/batches/${id}`)).body.data).toMatchObject({ status: 'done', made: 3_000 });
    }
    const [row] = await sql`select count(*)::int as codes from promotion_codes where coupon_id = ${couponId}`;
    const [counter] = await sql`select codes from coupon_counters where coupon_id = ${couponId}`;
    expect([row?.['codes'], counter?.['codes']]).toEqual([6_000, 6_000]);
  });

  it('are read no faster than whoever takes the CSV does', async () => {
    const { id: couponId } = await makeCoupon(test, brand);
    const batch = await batchOf(couponId, { count: 20_000 });
    await test.runJobs();
    const before = test.statements.length;
    const reads = () => test.statements.slice(before).filter((text) => /from "promotion_codes"/.test(text)).length;
    const ctx = { db: test.deps.db } as Ctx;
    const stream = await exportCodes(ctx, { tenantId, couponId, batchId: batch.id });
    let lines = 0;
    for await (const part of stream) {
      lines += String(part).split('\r\n').length - 1;
      await new Promise((resolve) => setTimeout(resolve, 10));
      // One part is ready while another is taken.
      expect(reads()).toBeLessThanOrEqual(Math.ceil(lines / 2_000) + 2);
    }
    expect([lines, reads()]).toEqual([20_001, 11]);
  });

  it('are a million of a coupon at most', async () => {
    const { id: couponId } = await makeCoupon(test, brand);
    await sql`update coupon_counters set codes = 999_990 where coupon_id = ${couponId}`;
    const asked = await Promise.all([7, 7].map((count) => create(couponId, { count })));
    expect(asked.map(({ status }) => status).sort()).toEqual([202, 409]);
    expect(await sql`select 1 from code_batches where coupon_id = ${couponId}`).toHaveLength(1);
  });
});
