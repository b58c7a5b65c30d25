import { describe, expect, it } from 'vitest';
import { newId } from '#src/lib/ids.ts';
import { startOfPeriod } from '#src/lib/zoned-time.ts';
import { brandWithMember, claimed, makeCoupon, newMember } from '../support/coupons.ts';
import { quickMember } from '../support/quick-people.ts';
import { expectRefusal } from '../support/refusals.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp({ RATE_LIMITS: 'off' });
const { sql } = openRows(test.url);
const TIMEZONE = 'America/New_York';
const brand = await brandWithMember(test);
const { tenantId, owner } = brand;
const setZone = await test.call('PATCH', `tenants/${tenantId}`, { token: owner.token, body: { timezone: TIMEZONE } });
expect(setZone.status, setZone.text).toBe(200);

const ask = (couponId: string, query: Record<string, string> = {}, token = owner.token) =>
  test.call('GET', `coupons/${tenantId}/${couponId}/analytics?${new URLSearchParams(query)}`, { token });

async function read(couponId: string, query: Record<string, string>) {
  const answer = await ask(couponId, query);
  expect(answer.status, answer.text).toBe(200);
  return answer.body.data;
}

// Over the end of summer time, and over more than a year's end.
const START = Date.parse('2025-09-01T00:00:00Z');
const DAYS = 200;
let seed = 42;
const random = (below: number) => {
  seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
  return seed % below;
};
const anyTime = () => new Date(START + random(DAYS * 86_400) * 1000 + random(1000));

type Use = {
  claimedAt: Date;
  redeemedAt: Date | null;
  releasedAt: Date | null;
  currency: string | null;
  subtotal: number;
  discount: number;
  payment: { amount: number; refunded: number } | null;
};

/** Rows as histories leave them: claimed, redeemed with and without a payment, given back. */
async function insertUses(couponId: string, count: number): Promise<Use[]> {
  const uses = Array.from({ length: count }, (): Use => {
    const claimedAt = anyTime();
    const later = () => new Date(claimedAt.getTime() + random(20 * 86_400) * 1000);
    const redeemedAt = random(3) > 0 ? later() : null;
    const releasedAt = random(4) === 0 ? later() : null;
    const subtotal = 1000 + random(5000);
    const discount = random(900);
    const isPaid = redeemedAt !== null && random(2) > 0;
    const amount = subtotal - discount;
    const payment = isPaid ? { amount, refunded: random(3) === 0 ? random(amount) : 0 } : null;
    const currency = redeemedAt === null || random(9) === 0 ? null : (['EUR', 'USD'][random(2)] ?? 'EUR');
    return { claimedAt, redeemedAt, releasedAt, currency, subtotal, discount, payment };
  });
  for (const use of uses) {
    const { claimedAt, redeemedAt, releasedAt, currency, subtotal, discount, payment } = use;
    const paymentId = payment && newId();
    if (payment && paymentId) {
      await sql`insert into payments (tenant_id, id, tracking_id, user_id, kind, status, method, provider, subtotal,
          discount, amount, refund_reserved, refunded_amount, currency, items, metadata, created_at, updated_at)
        values (${tenantId}, ${paymentId}, ${newId()}, ${brand.member.userId}, 'purchase', 'succeeded', 'card', 'stripe',
          ${subtotal}, ${discount}, ${payment.amount}, ${payment.refunded}, ${payment.refunded}, ${currency ?? 'EUR'},
          '[]', '{}', ${claimedAt}, ${claimedAt})`;
    }
    const open = redeemedAt === null ? 'claimed' : 'redeemed';
    const status = releasedAt === null ? open : 'released';
    // One open claim a person: the others are of nobody in particular.
    const holder = status === 'claimed' ? (await newMember(test, tenantId)).userId : brand.member.userId;
    await sql`insert into coupon_claims (tenant_id, id, coupon_id, user_id, code, status, claimed_at, expires_at,
        payment_id, subtotal, discount, currency, redeemed_at, released_at, release_reason, uses, budgets)
      values (${tenantId}, ${newId()}, ${couponId}, ${holder}, ${newId()}, ${status}, ${claimedAt},
        ${new Date('2100-01-01')}, ${paymentId}, ${subtotal}, ${discount}, ${currency}, ${redeemedAt}, ${releasedAt},
        ${releasedAt && 'staff'}, '[]', '[]')`;
  }
  return uses;
}

type Interval = 'day' | 'week' | 'month';

/** The slow and plain way. */
function figures(uses: Use[], isIn: (at: Date) => boolean) {
  const within = (at: Date | null) => at !== null && isIn(at);
  const kept = uses.filter((use) => within(use.redeemedAt) && use.releasedAt === null && use.currency !== null);
  const currencies = [...new Set(kept.map(({ currency }) => currency ?? ''))].sort().map((currency) => {
    const mine = kept.filter((use) => use.currency === currency);
    const revenueOf = ({ payment, subtotal, discount }: Use) =>
      payment ? payment.amount - payment.refunded : subtotal - discount;
    return {
      currency,
      discount: mine.reduce((sum, { discount }) => sum + discount, 0),
      revenue: mine.reduce((sum, use) => sum + revenueOf(use), 0),
    };
  });
  return {
    claims: uses.filter(({ claimedAt }) => within(claimedAt)).length,
    redemptions: uses.filter(({ redeemedAt }) => within(redeemedAt)).length,
    released: uses.filter(({ releasedAt }) => within(releasedAt)).length,
    currencies,
  };
}

describe('the figures of a coupon', () => {
  it('are what a slow and plain count of its rows says', { timeout: 30_000 }, async () => {
    const { id: couponId } = await makeCoupon(test, brand);
    const uses = await insertUses(couponId, 150);
    await makeCoupon(test, brand).then(({ id }) => insertUses(id, 5));
    const ranges: [string, string, Interval][] = [
      ['2025-10-25T04:00:00Z', '2025-11-10T05:00:00Z', 'day'],
      ['2025-09-03T11:17:00Z', '2026-03-20T17:00:00Z', 'week'],
      ['2025-08-01T00:00:00Z', '2026-06-01T00:00:00Z', 'month'],
      ['2025-10-30T12:34:56.789Z', '2025-10-30T12:34:56.790Z', 'day'],
    ];
    for (const [from, to, interval] of ranges) {
      const data = await read(couponId, { from, to, interval });
      const [start, end] = [new Date(from), new Date(to)];
      const isIn = (at: Date) => at >= start && at < end;
      expect(data.totals).toEqual(figures(uses, isIn));
      for (const { start: at, ...point } of data.series) {
        const isHere = (one: Date) =>
          isIn(one) && startOfPeriod(TIMEZONE, one, interval).toISOString() === new Date(at).toISOString();
        expect(point, `${interval} ${at}`).toEqual(figures(uses, isHere));
      }
      const sum = (name: string) => data.series.reduce((total: number, point: any) => total + point[name], 0);
      for (const name of ['claims', 'redemptions', 'released']) expect(sum(name)).toBe(data.totals[name]);
    }
  });

  it('have a point for each day of the brand, also of 25 hours, and none is left out', async () => {
    const { id: couponId } = await makeCoupon(test, brand);
    const data = await read(couponId, { from: '2025-10-31T12:00:00Z', to: '2025-11-04T12:00:00Z' });
    expect(data).toMatchObject({ timezone: TIMEZONE, interval: 'day' });
    expect(data.series.map(({ start }: { start: string }) => start)).toEqual([
      '2025-10-31T04:00:00.000Z',
      '2025-11-01T04:00:00.000Z',
      '2025-11-02T04:00:00.000Z',
      '2025-11-03T05:00:00.000Z',
      '2025-11-04T05:00:00.000Z',
    ]);
    for (const point of data.series) expect(point).toMatchObject({ claims: 0, redemptions: 0, released: 0 });
    const weeks = await read(couponId, { from: '2025-10-31T12:00:00Z', to: '2025-11-04T12:00:00Z', interval: 'week' });
    expect(weeks.series.map(({ start }: { start: string }) => start)).toEqual([
      '2025-10-27T04:00:00.000Z',
      '2025-11-03T05:00:00.000Z',
    ]);
  });

  it('follow a coupon through its life at the till, for the staff', async () => {
    const { id: couponId } = await makeCoupon(test, brand, { maxPerUser: 5 });
    const claiming = { tenantId, couponId, token: brand.member.token };
    const first = await claimed(test, claiming);
    const redeem = `coupons/${tenantId}/redeem`;
    const body = { claimCode: first.code, amount: 5000, currency: 'EUR' };
    expect((await test.call('POST', redeem, { token: owner.token, body })).status).toBe(201);
    const second = await claimed(test, claiming);
    await test.call('POST', `coupons/${tenantId}/claims/${second.id}/release`, { token: brand.member.token });
    const staff = await quickMember(test, tenantId, 'staff');
    const answer = await ask(couponId, {}, staff.token);
    expect(answer.status, answer.text).toBe(200);
    const { totals, series } = answer.body.data;
    const currencies = [{ currency: 'EUR', discount: 500, revenue: 4500 }];
    expect(totals).toEqual({ claims: 2, redemptions: 1, released: 1, currencies });
    expect([30, 31, 32]).toContain(series.length);
  });

  it.each([
    { from: '2026-01-02T00:00:00Z', to: '2026-01-02T00:00:00Z' },
    { from: '2026-01-02T00:00:00Z', to: '2026-01-01T00:00:00Z' },
    { from: '2022-01-01T00:00:00Z', to: '2026-01-01T00:00:00Z' },
    { from: 'yesterday' },
    { interval: 'hour' },
  ])('refuse %j', async (query) => {
    const { id: couponId } = await makeCoupon(test, brand);
    expectRefusal(await ask(couponId, query as unknown as Record<string, string>), 400, 'VALIDATION_ERROR');
  });

  it('are at most 1,000 points, and not for everybody', async () => {
    const { id: couponId } = await makeCoupon(test, brand);
    const to = new Date('2026-01-01T05:00:00Z');
    const before = (days: number) => new Date(to.getTime() - days * 86_400_000).toISOString();
    const query = { to: to.toISOString(), interval: 'day' };
    expect((await read(couponId, { ...query, from: before(1_000) })).series).toHaveLength(1_000);
    expectRefusal(await ask(couponId, { ...query, from: before(1_002) }), 400, 'VALIDATION_ERROR');
    expectRefusal(await ask(couponId, {}, brand.member.token), 404, 'NOT_FOUND');
    expectRefusal(await ask(newId()), 404, 'NOT_FOUND');
  });
});
