import { describe, expect, it } from 'vitest';
import { brandWithMember, claim, makeCoupon } from '../support/coupons.ts';
import { expectRefusal } from '../support/refusals.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp({ RATE_LIMITS: 'off' });
const brand = await brandWithMember(test);
const { tenantId, owner } = brand;
const { token } = owner;

const send = (couponId: string, body: object) =>
  test.call('POST', `coupons/${tenantId}/${couponId}/codes/import`, { token, body });
const sendCsv = (couponId: string, payload: string | Buffer) =>
  test.call('POST', `coupons/${tenantId}/${couponId}/codes/import`, {
    token,
    payload,
    headers: { 'content-type': 'text/csv' },
  });

describe('importing codes', () => {
  it('takes what it can, and says of the rest which line and why', async () => {
    const { id: couponId } = await makeCoupon(test, brand, { code: 'OWN-ONE' });
    await makeCoupon(test, brand, { code: 'OTHERS' });
    const codes = [
      'ABCD-EFGH-2345',
      '',
      'no spaces here',
      'abcd-efgh-2345',
      'ＦＵＬＬＷＩＤＴＨ',
      'others',
      'own-one',
      'XY9',
    ];
    const answer = await send(couponId, { codes });
    expect(answer.status, answer.text).toBe(201);
    expect(answer.body.data).toMatchObject({ imported: 2, unchanged: 0, rejected: 5, weak: 1 });
    expect(answer.body.data.problems).toEqual([
      { line: 3, code: 'no spaces here', problem: 'INVALID' },
      { line: 4, code: 'abcd-efgh-2345', problem: 'DUPLICATE' },
      { line: 5, code: 'ＦＵＬＬＷＩＤＴＨ', problem: 'INVALID' },
      { line: 6, code: 'others', problem: 'TAKEN' },
      { line: 7, code: 'own-one', problem: 'TAKEN' },
    ]);
    expect(answer.body.data.batch).toMatchObject({
      source: 'import',
      status: 'done',
      count: 2,
      made: 2,
      pattern: null,
    });
    const used = await claim(test, { tenantId, couponId, token: brand.member.token, code: 'abcd-EFGH-2345' });
    expect(used.status, used.text).toBe(201);
  });

  it('changes nothing the second time', async () => {
    const { id: couponId } = await makeCoupon(test, brand);
    const codes = Array.from({ length: 50 }, (_, index) => `AGAIN-${index}-KQ7XW2MZ`);
    expect((await send(couponId, { codes })).body.data).toMatchObject({ imported: 50, unchanged: 0, rejected: 0 });
    const again = await send(couponId, { codes: [...codes, 'AGAIN-NEW-KQ7XW2MZ'] });
    expect(again.body.data).toMatchObject({ imported: 1, unchanged: 50, rejected: 0, problems: [] });
    const third = await send(couponId, { codes });
    expect(third.status).toBe(200);
    expect(third.body.data).toMatchObject({ batch: null, imported: 0, unchanged: 50 });
  });

  it('reads CSV: with or without quotes, other columns, a byte order mark', async () => {
    const { id: couponId } = await makeCoupon(test, brand);
    const csv = '\uFEFFCSV-AA-2345678,first\r\n"CSV-BB-2345678";x\r\n\r\nCSV-CC-2345678\nbad code\n';
    const answer = await sendCsv(couponId, csv);
    expect(answer.status, answer.text).toBe(201);
    expect(answer.body.data).toMatchObject({ imported: 3, rejected: 1 });
    expect(answer.body.data.problems).toEqual([{ line: 5, code: 'bad code', problem: 'INVALID' }]);
    const listed = await test.call('GET', `coupons/${tenantId}/${couponId}/codes`, { token });
    expect(listed.body.data.map(({ code }: { code: string }) => code)).toEqual([
      'CSV-AA-2345678',
      'CSV-BB-2345678',
      'CSV-CC-2345678',
    ]);
  });

  it('takes in again what it gave out', async () => {
    const { id: couponId } = await makeCoupon(test, brand);
    const first = await send(couponId, { codes: ['ROUND-TRIP-234567', 'ROUND-TRIP-345678'] });
    const { id: batchId } = first.body.data.batch;
    const path = `coupons/${tenantId}/${couponId}/batches/${batchId}`;
    const { text } = await test.call('GET', `${path}/codes.csv`, { token });
    expect((await sendCsv(couponId, text)).body.data).toMatchObject({ imported: 0, unchanged: 2, rejected: 0 });
    // Revoked codes are free again, for this coupon or another.
    await test.call('DELETE', path, { token });
    const { id: otherId } = await makeCoupon(test, brand);
    expect((await sendCsv(otherId, text)).body.data).toMatchObject({ imported: 2, rejected: 0 });
    expect((await sendCsv(couponId, text)).body.data).toMatchObject({ imported: 0, rejected: 2 });
  });

  it('frees the codes of an archived coupon', async () => {
    const { id: couponId } = await makeCoupon(test, brand);
    const codes = ['LAST-YEAR-2345678', 'LAST-YEAR-3456789'];
    await send(couponId, { codes });
    await claim(test, { tenantId, couponId, token: brand.member.token, code: codes[0] ?? '' });
    const removed = await test.call('DELETE', `coupons/${tenantId}/${couponId}`, { token });
    expect(removed.body.data.archived).toBe(true);
    expectRefusal(await send(couponId, { codes }), 404, 'NOT_FOUND');
    const { id: nextId } = await makeCoupon(test, brand);
    expect((await send(nextId, { codes })).body.data).toMatchObject({ imported: 2, rejected: 0 });
  });

  it('of two at once gives each code to one coupon', async () => {
    const codes = Array.from({ length: 2_000 }, (_, index) => `RACE-${index}-9ZQ4KW7X`);
    const coupons = await Promise.all([makeCoupon(test, brand), makeCoupon(test, brand)]);
    const answers = await Promise.all([
      send(coupons[0].id, { codes }),
      send(coupons[1].id, { codes: [...codes].reverse() }),
      send(coupons[0].id, { codes }),
    ]);
    for (const answer of answers) expect([200, 201], answer.text).toContain(answer.status);
    const sum = (name: string) => answers.reduce((total, { body }) => total + body.data[name], 0);
    expect(sum('imported')).toBe(2_000);
    expect(sum('unchanged') + sum('rejected')).toBe(4_000);
  });

  it('takes 20,000 at most, within the limit of a body', async () => {
    const { id: couponId } = await makeCoupon(test, brand);
    const codes = Array.from({ length: 20_000 }, (_, index) => `MANY-${index}-9ZQ4KW7XM3PL`);
    const answer = await send(couponId, { codes });
    expect(answer.status, answer.text.slice(0, 300)).toBe(201);
    expect(answer.body.data.imported).toBe(20_000);
    expectRefusal(await send(couponId, { codes: [...codes, 'ONE-MORE-2345678'] }), 400, 'VALIDATION_ERROR');
    expectRefusal(await sendCsv(couponId, `${codes.join('\n')}\nONE-MORE-2345678`), 400, 'VALIDATION_ERROR');
    expectRefusal(await sendCsv(couponId, 'x'.repeat(1_048_577)), 413, 'PAYLOAD_TOO_LARGE');
  });

  it('refuses what is no list of codes', async () => {
    const { id: couponId } = await makeCoupon(test, brand);
    for (const body of [{}, { codes: [] }, { codes: [1] }, { codes: ['x'.repeat(201)] }]) {
      expectRefusal(await send(couponId, body), 400, 'VALIDATION_ERROR');
    }
    const odd = await sendCsv(couponId, Buffer.from([0x41, 0x42, 0xff, 0x43, 0x0a, 0x00, 0x41, 0x41]));
    expect(odd.body.data).toMatchObject({ imported: 0, rejected: 2 });
  });
});
