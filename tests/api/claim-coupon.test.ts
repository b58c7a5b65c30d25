import { describe, expect, it } from 'vitest';
import { expireClaims } from '#src/coupons/expire-claims.ts';
import {
  brandWithMember,
  claim,
  claimed,
  makeCoupon,
  newMember,
  reasonsOf,
  tokenAt,
  usesOf,
} from '../support/coupons.ts';
import { findBroken } from '../support/invariants.ts';
import { depsAt, inMinutes, secondInstance } from '../support/payments.ts';
import { quickPerson } from '../support/quick-people.ts';
import { expectRefusal } from '../support/refusals.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp({ RATE_LIMITS: 'off' });
const { sql } = openRows(test.url);
const brand = await brandWithMember(test);
const { tenantId, member } = brand;
const coupon = (fields: Record<string, unknown> = {}) => makeCoupon(test, brand, fields);
const people = (count: number) => Promise.all(Array.from({ length: count }, () => quickPerson(test)));

describe('a claim', () => {
  it('keeps one use for half an hour, with a code that nobody guesses', async () => {
    const { id: couponId } = await coupon({ maxRedemptions: 3 });
    const one = await claimed(test, { tenantId, couponId, token: member.token });
    expect(one).toMatchObject({ couponId, status: 'claimed', userId: member.userId, paymentId: null });
    expect(Date.parse(one.expiresAt) - Date.parse(one.claimedAt)).toBe(1_800_000);
    expect(one.code).toMatch(/^[2-9A-HJ-NP-Z]{4}(-[2-9A-HJ-NP-Z]{4}){3}$/);
    expect(await usesOf(test, brand, couponId)).toEqual([1, 0, 0]);
    const mine = await test.call('GET', `coupons/user/claims?tenantId=${tenantId}`, { token: member.token });
    expect(mine.body.data[0]).toEqual(one);
    const all = await test.call('GET', `coupons/${tenantId}/claims?couponId=${couponId}`, { token: brand.owner.token });
    expect(all.body.data).toEqual([one]);
  });

  it('is one at a time for each person, and each of the others gets theirs', async () => {
    const { id: couponId } = await coupon();
    const claiming = { tenantId, couponId, token: member.token };
    const answers = await Promise.all(Array.from({ length: 20 }, () => claim(test, claiming)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    for (const answer of answers.filter(({ status }) => status !== 201)) {
      expectRefusal(answer, 409, 'COUPON_NOT_ELIGIBLE');
      expect(reasonsOf(answer)).toEqual(['ALREADY_CLAIMED']);
    }
    const other = await newMember(test, tenantId);
    await claimed(test, { tenantId, couponId, token: other.token });
    expect(await usesOf(test, brand, couponId)).toEqual([2, 0, 0]);
  });

  it('is refused for a coupon that is not there, of another brand, or of a suspended one', async () => {
    const other = await brandWithMember(test);
    const { id: couponId } = await makeCoupon(test, other);
    for (const id of [couponId, tenantId]) {
      expectRefusal(await claim(test, { tenantId, couponId: id, token: member.token }), 404, 'NOT_FOUND');
    }
    await sql`update tenants set status = 'suspended' where id = ${other.tenantId}`;
    expectRefusal(await claim(test, { tenantId: other.tenantId, couponId, token: member.token }), 404, 'NOT_FOUND');
  });
});

describe('the last ones (case 5, CP5)', () => {
  it.each([
    { callers: 50, most: 5 },
    { callers: 50, most: 49 },
    { callers: 200, most: 20 },
  ])('$callers callers for $most get exactly those, at two instances', async ({ callers, most }) => {
    const { id: couponId } = await coupon({ maxRedemptions: most });
    const second = await secondInstance(test);
    const tokens = (await people(callers)).map(({ token }) => token);
    const answers = await Promise.all(
      tokens.map((token, n) => claim(n % 2 ? second : test, { tenantId, couponId, token })),
    );
    const refused = answers.filter(({ status }) => status !== 201);
    expect(answers.length - refused.length).toBe(Math.min(callers, most));
    for (const answer of refused) {
      expectRefusal(answer, 409, 'COUPON_NOT_ELIGIBLE');
      expect(reasonsOf(answer)).toEqual(['QUANTITY_EXCEEDED']);
    }
    expect(await usesOf(test, brand, couponId)).toEqual([most, 0, 0]);
    expect(await findBroken(sql)).toEqual([]);
  });

  it('that ran out are there again before any job came by: no false refusal', async () => {
    const { id: couponId } = await coupon({ maxRedemptions: 10, claimTtlSeconds: 60 });
    const early = await people(10);
    for (const { token } of early) await claimed(test, { tenantId, couponId, token });
    const clock = inMinutes(2);
    const answers = await Promise.all(
      (await people(30)).map(({ token }) => claim(test, { tenantId, couponId, token, clock })),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(10);
    expect(await usesOf(test, brand, couponId)).toEqual([10, 0, 0]);
    expect(
      await sql`select status, count(*)::int from coupon_claims where coupon_id = ${couponId} group by 1 order by 1`,
    ).toEqual([
      { status: 'claimed', count: 10 },
      { status: 'expired', count: 10 },
    ]);
  });

  it('of a limit for each person are counted over all that they are known by (CP9)', async () => {
    const { id: couponId } = await coupon({ maxPerUser: 1 });
    const name = `ada.${couponId.slice(-12)}`;
    const aliases = [
      `${name}@gmail.com`,
      `${name.toUpperCase()}+shop@Gmail.com`,
      `${name.replaceAll('.', '')}@googlemail.com`,
    ];
    const accounts = await people(3);
    for (const [n, { userId }] of accounts.entries()) {
      await sql`update users set email = ${aliases[n]?.toLowerCase() ?? ''} where id = ${userId}`;
    }
    const answers = await Promise.all(accounts.map(({ token }) => claim(test, { tenantId, couponId, token })));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
    expect(answers.filter(({ status }) => status === 409).map(reasonsOf)).toEqual([
      ['CUSTOMER_LIMIT'],
      ['CUSTOMER_LIMIT'],
    ]);
  });
});

describe('a limit for each person', () => {
  it('begins anew with each day of the brand', async () => {
    const { id: couponId } = await coupon({ perUserPeriod: { limit: 1, every: 'day' }, claimTtlSeconds: 86_400 });
    const { userId } = await quickPerson(test);
    const at = (text: string) => new Date(text);
    const token = await tokenAt(test, sql, { userId, at: at('2031-05-05T10:00:00Z') });
    const claiming = { tenantId, couponId, token };
    const first = await claimed(test, { ...claiming, clock: at('2031-05-05T10:00:00Z') });
    expect(reasonsOf(await claim(test, { ...claiming, clock: at('2031-05-05T10:05:00Z') }))).toEqual([
      'CUSTOMER_LIMIT',
      'ALREADY_CLAIMED',
    ]);
    const release = `coupons/${tenantId}/claims/${first.id}/release`;
    expect((await test.call('POST', release, { token: member.token })).status).toBe(404);
    const back = await test.call('POST', release, { token, headers: { 'x-test-clock': '2031-05-05T10:05:00Z' } });
    expect(back.status, back.text).toBe(200);
    await claimed(test, { ...claiming, clock: at('2031-05-05T10:05:00Z') });
    const tomorrow = at('2031-05-06T10:05:01Z');
    const later = await tokenAt(test, sql, { userId, at: tomorrow });
    const next = await claim(test, { ...claiming, token: later, clock: tomorrow });
    expect(next.status, next.text).toBe(201);
  });
});

describe('a claim that is given back', () => {
  it('by its holder, once, is there for others', async () => {
    const { id: couponId } = await coupon({ maxRedemptions: 1, maxPerUser: 1 });
    const { id } = await claimed(test, { tenantId, couponId, token: member.token });
    const release = () => test.call('POST', `coupons/${tenantId}/claims/${id}/release`, { token: member.token });
    const answers = await Promise.all(Array.from({ length: 10 }, release));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    for (const answer of answers.filter(({ status }) => status !== 200)) expectRefusal(answer, 409, 'ALREADY_RELEASED');
    expect(await usesOf(test, brand, couponId)).toEqual([0, 0, 0]);
    await claimed(test, { tenantId, couponId, token: member.token });
  });

  it('is none of a stranger’s business', async () => {
    const { id: couponId } = await coupon();
    const { id } = await claimed(test, { tenantId, couponId, token: member.token });
    const { token } = await newMember(test, tenantId);
    expectRefusal(await test.call('POST', `coupons/${tenantId}/claims/${id}/release`, { token }), 404, 'NOT_FOUND');
    const byTeam = await test.call('POST', `coupons/${tenantId}/claims/${id}/release`, { token: brand.owner.token });
    expect(byTeam.body.data.claim).toMatchObject({ status: 'released', releaseReason: 'staff' });
  });

  it('by time is swept by a job, with an event', async () => {
    const { id: couponId } = await coupon({ maxRedemptions: 5, maxPerUser: 1, claimTtlSeconds: 60 });
    const accounts = await people(5);
    for (const { token } of accounts) await claimed(test, { tenantId, couponId, token });
    expect(await expireClaims(depsAt(test, inMinutes(0.5)))).toBe(0);
    expect(await usesOf(test, brand, couponId)).toEqual([5, 0, 0]);
    const swept = await Promise.all([1, 2, 3].map(() => expireClaims(depsAt(test, inMinutes(1.1)))));
    expect(swept.reduce((sum, one) => sum + one, 0)).toBeGreaterThanOrEqual(5);
    expect(await usesOf(test, brand, couponId)).toEqual([0, 0, 0]);
    const events = await sql`select type, data ->> 'status' as status from events
      where data ->> 'couponId' = ${couponId} and type = 'coupon.released'`;
    expect(events).toEqual(Array.from({ length: 5 }, () => ({ type: 'coupon.released', status: 'expired' })));
    await claimed(test, { tenantId, couponId, token: accounts[0]?.token ?? '' });
  });
});

describe('its edges on one clock (case 44)', () => {
  it('begins with startsAt, ends with endsAt, and a claim with expiresAt', async () => {
    const [startsAt, endsAt] = ['2032-01-01T00:00:00.000Z', '2032-01-01T01:00:00.000Z'];
    const { id: couponId } = await coupon({ startsAt, endsAt, claimTtlSeconds: 60 });
    const at = async (text: string) => {
      const { userId } = await quickPerson(test);
      const clock = new Date(text);
      const token = await tokenAt(test, sql, { userId, at: clock });
      const answer = await claim(test, { tenantId, couponId, token, clock });
      return answer.status === 201 ? 'claimed' : reasonsOf(answer);
    };
    expect(await at('2031-12-31T23:59:59.999Z')).toEqual(['NOT_STARTED']);
    expect(await at(startsAt)).toBe('claimed');
    expect(await at('2032-01-01T00:59:59.999Z')).toBe('claimed');
    expect(await at(endsAt)).toEqual(['EXPIRED']);
  });
});
