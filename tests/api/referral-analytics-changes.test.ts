import { describe, expect, it } from 'vitest';
import { countActivity } from '#src/referrals/count-activity.ts';
import { quickMember, quickPerson } from '../support/quick-people.ts';
import {
  analyticsBrand,
  askAnalytics,
  type BrandInZone,
  checkAnalytics,
  readAnalytics,
} from '../support/referral-analytics.ts';
import { REFERRAL_ANALYTICS_INVARIANTS } from '../support/referral-analytics-invariants.ts';
import { type Referrer, referralRows } from '../support/referral-rows.ts';
import { expectRefusal } from '../support/refusals.ts';
import { openRows } from '../support/rows.ts';
import { whatBreaks } from '../support/sabotage.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp({ RATE_LIMITS: 'off', TEST_CLOCK: 'on' });
const { sql } = openRows(test.url);
const rows = referralRows(sql);
const count = () => countActivity(test.deps);

const click = (who: Referrer, at: string, more: object = {}) =>
  rows.click(who, { at: new Date(at), source: 'direct', device: 'mobile', country: null, isUnique: true, ...more });

async function brandWithReferrer(timezone = 'Europe/Berlin'): Promise<{ brand: BrandInZone; who: Referrer }> {
  const brand = await analyticsBrand(test, timezone);
  return { brand, who: await rows.referrer(test, brand.tenantId) };
}

/** A sign-up that converted and was rewarded, on one day. */
async function convert(who: Referrer, at: string) {
  const [when, source] = [new Date(at), 'direct'];
  const referralId = await rows.signup(who, { at: when, source, status: 'attributed' });
  const money = { amount: 1_000, currency: 'EUR' };
  const conversionId = await rows.conversion(referralId, { at: when, source, status: 'counted', money });
  const rewardId = await rows.reward(conversionId, { status: 'granted', points: 50, grantedAt: when });
  return { referralId, conversionId, rewardId };
}

async function reverse({ conversionId, rewardId }: { conversionId: string; rewardId: string }) {
  await sql`update referral_conversions set status = 'reversed', reversed_at = now() where id = ${conversionId}`;
  await sql`update referral_rewards set status = 'reversed', reversed_at = now() where id = ${rewardId}`;
}

const DAY = { from: '2025-06-10', to: '2025-06-10' };

describe('what changes later', () => {
  it('leaves the day on which it happened, counted or not', async () => {
    const { brand, who } = await brandWithReferrer();
    const [first, second] = [await convert(who, '2025-06-10T12:00:00Z'), await convert(who, '2025-06-10T13:00:00Z')];
    await count();
    expect((await readAnalytics(test, brand, DAY)).totals).toMatchObject({
      signups: 2,
      conversions: 2,
      rewardsPoints: 100,
    });
    await reverse(first);
    const left = { signups: 2, conversions: 1, rewardsPoints: 50, revenue: [{ amount: 1_000, currency: 'EUR' }] };
    expect((await readAnalytics(test, brand, DAY)).totals).toMatchObject(left);
    await count();
    expect((await readAnalytics(test, brand, DAY)).totals).toMatchObject(left);
    await reverse(second);
    await sql`update referrals set status = 'rejected' where tenant_id = ${brand.tenantId}`;
    await count();
    const { totals, topReferrers, sources } = await readAnalytics(test, brand, DAY);
    expect(totals).toMatchObject({
      signups: 0,
      conversions: 0,
      rewardsPoints: 0,
      revenue: [{ amount: 0, currency: 'EUR' }],
    });
    expect([topReferrers, sources]).toEqual([[], []]);
    await checkAnalytics(sql);
  });

  it('does not change with clicks that are purged', async () => {
    const { brand, who } = await brandWithReferrer();
    for (const hour of ['10', '11', '12']) await click(who, `2025-06-10T${hour}:00:00Z`, { country: 'DE' });
    await count();
    const before = await readAnalytics(test, brand, DAY);
    await click(who, '2025-06-10T13:00:00Z');
    await sql`delete from referral_clicks where tenant_id = ${brand.tenantId}`;
    const after = await readAnalytics(test, brand, DAY);
    expect([before.totals.clicks, after.totals.clicks]).toEqual([3, 4]);
    await count();
    expect(await readAnalytics(test, brand, DAY)).toEqual(after);
  });

  it('keeps days gone by when the brand moves to another zone, whatever is reversed after', async () => {
    const { brand, who } = await brandWithReferrer('Pacific/Auckland');
    // The 11th in Auckland, the 10th in Los Angeles.
    const made = await convert(who, '2025-06-10T13:00:00Z');
    await count();
    const headers = { 'x-test-clock': '2025-06-20T00:00:00.000Z' };
    const body = { timezone: 'America/Los_Angeles' };
    const token = test.app.signAccessToken({
      ...{ userId: brand.owner.userId, sessionId: brand.owner.sessionId },
      issuedAt: new Date(headers['x-test-clock']),
    });
    const moved = await test.call('PATCH', `tenants/${brand.tenantId}`, { token, headers, body });
    expect(moved.status, moved.text).toBe(200);
    const days = { from: '2025-06-09', to: '2025-06-30' };
    const conversionsByDay = async () => {
      const { series } = await readAnalytics(test, brand, days);
      return series.flatMap(({ start, conversions }: any) => (conversions ? [`${start} ${conversions}`] : []));
    };
    expect(await conversionsByDay()).toEqual(['2025-06-11T07:00:00.000Z 1']);
    await convert(who, '2025-06-25T03:00:00Z');
    expect(await conversionsByDay()).toEqual(['2025-06-11T07:00:00.000Z 1', '2025-06-24T07:00:00.000Z 1']);
    await count();
    await reverse(made);
    await count();
    expect(await conversionsByDay()).toEqual(['2025-06-24T07:00:00.000Z 1']);
    await checkAnalytics(sql);
  });
});

describe('while many write', () => {
  it('clicks of one brand do not wait for each other, nor for who counts', async () => {
    const { brand, who } = await brandWithReferrer();
    await click(who, '2025-06-10T09:00:00Z');
    await sql.begin(async (tx) => {
      await referralRows(tx as unknown as typeof sql).click(who, {
        at: new Date('2025-06-10T10:00:00Z'),
        ...{ source: 'direct', device: 'mobile', country: null, isUnique: true },
      });
      await click(who, '2025-06-10T11:00:00Z');
      await count();
      expect((await readAnalytics(test, brand, DAY)).totals.clicks).toBe(2);
    });
    expect((await readAnalytics(test, brand, DAY)).totals.clicks).toBe(3);
  });

  it('is exact at every moment, with several that count', { timeout: 60_000 }, async () => {
    const { brand, who } = await brandWithReferrer();
    let [written, isOver] = [0, false];
    const write = async () => {
      for (let n = 0; n < 60; n += 1) {
        await click(who, '2025-06-10T10:00:00Z', { country: 'DE' });
        written += 1;
      }
    };
    const counting = async () => {
      while (!isOver) await count();
    };
    const look = async () => {
      for (let n = 0; n < 30; n += 1) {
        const least = written;
        const { totals, sources, series, countries } = await readAnalytics(test, brand, DAY);
        expect(totals.clicks).toBeGreaterThanOrEqual(least);
        expect(totals.clicks).toBeLessThanOrEqual(written + 4);
        for (const [line] of [sources, series, countries]) expect(line?.clicks ?? 0).toBe(totals.clicks);
      }
    };
    const counters = [counting(), counting()];
    await Promise.all([write(), write(), write(), write(), look()]);
    isOver = true;
    await Promise.all(counters);
    expect((await readAnalytics(test, brand, DAY)).totals.clicks).toBe(240);
    await checkAnalytics(sql);
  });
});

describe('asking', () => {
  it('is for whole days, of the last thirty with today when nothing is said', async () => {
    const { brand } = await brandWithReferrer('Asia/Kathmandu');
    const at = { 'x-test-clock': '2025-06-10T20:00:00.000Z' };
    const days = await readAnalytics(test, brand, {}, at);
    expect(days).toMatchObject({
      ...{ timezone: 'Asia/Kathmandu', interval: 'day' },
      ...{ from: '2025-05-12T18:15:00.000Z', to: '2025-06-11T18:15:00.000Z' },
    });
    expect(days.series).toHaveLength(30);
    const midnights = { from: '2025-06-01T00:00:00+05:45', to: '2025-06-08T00:00:00+05:45' };
    expect((await readAnalytics(test, brand, midnights)).series).toHaveLength(7);
    const noons = { from: '2025-06-01T06:15:00Z', to: '2025-06-08T06:15:00Z' };
    expect((await readAnalytics(test, brand, noons)).series).toHaveLength(8);
    const instant = '2025-06-01T00:00:00+05:45';
    expect((await readAnalytics(test, brand, { from: instant, to: instant })).series).toHaveLength(1);
    const [week] = (await readAnalytics(test, brand, { from: '2025-06-11', to: '2025-06-12', interval: 'week' }))
      .series;
    expect(week.start).toBe('2025-06-08T18:15:00.000Z');
  });

  it('shows as many lines as are asked for, and every device', async () => {
    const { brand, who } = await brandWithReferrer();
    for (const device of ['desktop', 'mobile', 'tablet', 'other']) {
      for (const country of ['DE', 'FR']) await click(who, '2025-06-10T10:00:00Z', { device, country, source: device });
    }
    const found = await readAnalytics(test, brand, { ...DAY, limit: '1' });
    const shown = [found.topReferrers, found.sources, found.devices, found.countries].map((list) => list.length);
    expect(shown).toEqual([1, 1, 4, 1]);
    expect(found.topReferrers[0]).toMatchObject({ userId: who.userId, name: 'referrer', clicks: 8 });
  });

  it.each([
    [{ from: '2025-06-02', to: '2025-06-01' }, 'to'],
    [{ from: '2025-06-01T00:00:01Z', to: '2025-06-01T00:00:00Z' }, 'to'],
    [{ from: '2025-06-02', to: '2025-06-01T12:00:00Z' }, 'to'],
    [{ from: '2022-01-01', to: '2024-09-27' }, 'interval'],
    [{ from: '1971-01-01', to: '2055-01-01', interval: 'month' }, 'interval'],
    [{ from: '2005-01-01', to: '2025-01-01', interval: 'week' }, 'interval'],
    [{ from: '2025-02-30' }, 'from'],
    [{ from: 'yesterday' }, 'from'],
    [{ to: '0001-01-01' }, 'to'],
    [{ to: '99999-01-01' }, 'to'],
    [{ interval: 'hour' }, 'interval'],
    [{ limit: '0' }, 'limit'],
    [{ limit: '101' }, 'limit'],
  ] as [Record<string, string>, string][])('refuses %j', async (query, field) => {
    const { brand } = await brandWithReferrer();
    const refused = await askAnalytics(test, brand, query);
    expectRefusal(refused, 400, 'VALIDATION_ERROR');
    expect(refused.body.error.errors).toMatchObject([{ location: 'query', field }]);
  });

  it('gives a thousand points, and not one more', async () => {
    const { brand } = await brandWithReferrer();
    const thousand = await readAnalytics(test, brand, { from: '2022-01-01', to: '2024-09-26' });
    expect(thousand.series).toHaveLength(1_000);
  });

  it('is for the team of this brand', async () => {
    const { brand } = await brandWithReferrer();
    const headers = { 'x-tenant-id': brand.tenantId };
    const ask = (token?: string) => test.call('GET', 'referrals/brand/analytics', { token, headers });
    expect((await ask((await quickMember(test, brand.tenantId, 'staff')).token)).status).toBe(200);
    expectRefusal(await ask((await quickPerson(test, 'stranger')).token), 404, 'NOT_FOUND');
    expectRefusal(await ask(), 401, 'UNAUTHORIZED');
  });
});

describe('the checker of invariants', () => {
  const SABOTAGE: Record<keyof typeof REFERRAL_ANALYTICS_INVARIANTS, string> = {
    'what stands of referrals is in the rollups, or on its way there': `update referral_rollups set signups = signups + 1
      where dimension = 'referrer' and span = 1`,
    'so is its revenue': `update referral_revenue set revenue = revenue + 1 where dimension = 'referrer' and span = 1`,
    'no click that is kept is missing from the rollups': `update referral_rollups set clicks = 0 where clicks > 0`,
    'each length of span of the rollups sums up the days':
      'update referral_rollups set clicks = clicks + 1 where span = 16',
    'and so do those of the revenue': 'update referral_revenue set revenue = revenue + 1 where span = 64',
    'the total of a day is that of its referrers, and of its sources': `update referral_rollups set clicks = clicks + 1
      where dimension = 'source'`,
  };
  it('finds each of them broken', async () => {
    const { who } = await brandWithReferrer();
    await click(who, '2025-06-10T10:00:00Z');
    await convert(who, '2025-06-10T10:00:00Z');
    await count();
    expect(Object.keys(SABOTAGE)).toEqual(Object.keys(REFERRAL_ANALYTICS_INVARIANTS));
    for (const [name, statement] of Object.entries(SABOTAGE)) {
      expect(await whatBreaks(sql, { statements: [statement] }), name).toContain(name);
    }
  });
});
