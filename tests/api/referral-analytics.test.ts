import { describe, expect, it } from 'vitest';
import type { Device } from '#schemas/referrals.ts';
import { localDay } from '#src/lib/zoned-time.ts';
import { countActivity } from '#src/referrals/count-activity.ts';
import { firstMinuteOf } from '../support/calendars.ts';
import { analyticsBrand, type BrandInZone, checkAnalytics, readAnalytics } from '../support/referral-analytics.ts';
import {
  type Click,
  type Conversion,
  type Referrer,
  type Reward,
  referralRows,
  type Signup,
} from '../support/referral-rows.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp({ RATE_LIMITS: 'off' });
const { sql } = openRows(test.url);
const rows = referralRows(sql);

type Brand = BrandInZone;
const brandIn = (timezone: string) => analyticsBrand(test, timezone);
const read = (brand: Brand, query: Record<string, string>) => readAnalytics(test, brand, query);

let seed = 7;
const random = (below: number) => {
  seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
  return Math.floor((seed / 2_147_483_648) * below);
};
const oneOf = <Item>(items: readonly Item[]) => items[random(items.length)] as Item;

type Click_ = Click & { referrer: string };
type Signup_ = Signup & { referrer: string };
type Conversion_ = Conversion & { referrer: string };
type Reward_ = Reward & { referrer: string; source: string };
type History = { clicks: Click_[]; signups: Signup_[]; conversions: Conversion_[]; rewards: Reward_[] };

const SOURCES = ['direct', 'newsletter', 'a "quoted", {odd} one', 'example.com'];
const DEVICES: Device[] = ['desktop', 'mobile', 'tablet', 'other'];

/** Random rows of random people between two instants; a third of their states change afterwards, some while it counts. */
async function play(referrers: readonly Referrer[], { from, to, size }: { from: Date; to: Date; size: number }) {
  const history: History = { clicks: [], signups: [], conversions: [], rewards: [] };
  const anyTime = () => new Date(from.getTime() + random((to.getTime() - from.getTime()) / 1000) * 1000 + random(1000));
  for (let n = 0; n < size; n += 1) {
    const who = oneOf(referrers);
    const [referrer, source] = [who.userId, oneOf(SOURCES)];
    const country = oneOf([null, 'DE', 'FR', 'NP']);
    const click = { at: anyTime(), source, device: oneOf(DEVICES), country, isUnique: random(3) > 0 };
    await rows.click(who, click);
    history.clicks.push({ ...click, referrer });
    if (random(2) === 0) continue;
    const signup = { at: anyTime(), source, status: oneOf(['attributed', 'attributed', 'review', 'refused']) };
    const referralId = await rows.signup(who, signup);
    if (signup.status === 'review' && random(2) === 0) {
      signup.status = oneOf(['attributed', 'rejected']);
      await sql`update referrals set status = ${signup.status} where id = ${referralId}`;
    }
    history.signups.push({ ...signup, referrer });
    const money = random(4) === 0 ? null : { amount: 1 + random(9_000), currency: oneOf(['EUR', 'JPY', 'USD']) };
    const conversion = { at: anyTime(), source, status: oneOf(['counted', 'counted', 'review', 'reversed']), money };
    const conversionId = await rows.conversion(referralId, conversion);
    const reward = { status: 'granted', points: random(500), grantedAt: anyTime() };
    const rewardId = await rows.reward(conversionId, reward);
    if (n % 10 === 0) await countActivity(test.deps);
    if (conversion.status === 'review') {
      conversion.status = oneOf(['counted', 'rejected']);
      await sql`update referral_conversions set status = ${conversion.status} where id = ${conversionId}`;
    } else if (conversion.status === 'counted' && random(3) === 0) {
      conversion.status = 'reversed';
      await sql`update referral_conversions set status = 'reversed', reversed_at = now() where id = ${conversionId}`;
      reward.status = 'reversed';
      await sql`update referral_rewards set status = 'reversed', reversed_at = now() where id = ${rewardId}`;
    }
    history.conversions.push({ ...conversion, referrer });
    history.rewards.push({ ...reward, referrer, source });
  }
  return history;
}

type What = { day: (at: Date) => boolean; referrer?: string; source?: string };

/** The slow and plain way. */
function figures({ clicks, signups, conversions, rewards }: History, { day, referrer, source }: What) {
  const isMine = (row: { referrer: string; source: string }) =>
    (referrer === undefined || row.referrer === referrer) && (source === undefined || row.source === source);
  const clicked = clicks.filter((row) => isMine(row) && day(row.at));
  const converted = conversions.filter((row) => isMine(row) && row.status === 'counted' && day(row.at));
  const given = rewards.filter((row) => isMine(row) && row.status === 'granted' && row.grantedAt && day(row.grantedAt));
  const paid = converted.flatMap(({ money }) => money ?? []);
  const others = [...new Set(paid.map(({ currency }) => currency))].filter((one) => one !== 'EUR').sort();
  return {
    clicks: clicked.length,
    uniqueVisitors: clicked.filter(({ isUnique }) => isUnique).length,
    signups: signups.filter((row) => isMine(row) && row.status === 'attributed' && day(row.at)).length,
    conversions: converted.length,
    revenue: ['EUR', ...others].map((currency) => ({
      amount: paid.reduce((sum, money) => sum + (money.currency === currency ? money.amount : 0), 0),
      currency,
    })),
    rewardsPoints: given.reduce((sum, { points }) => sum + points, 0),
    conversionRate: clicked.length === 0 ? 0 : Math.round((converted.length / clicked.length) * 1e4) / 1e4,
  };
}

const addDays = (day: string, by: number) => new Date(Date.parse(day) + by * 86_400_000).toISOString().slice(0, 10);
const PERIOD = {
  day: (day: string) => day,
  week: (day: string) => addDays(day, -((new Date(day).getUTCDay() + 6) % 7)),
  month: (day: string) => `${day.slice(0, 7)}-01`,
} as const;

function compareOrder(a: Figures, b: Figures): number {
  return b.conversions - a.conversions || b.signups - a.signups || b.clicks - a.clicks;
}
type Figures = ReturnType<typeof figures>;

async function compare(
  brand: Brand,
  history: History,
  query: { from: string; to: string; interval: keyof typeof PERIOD },
) {
  const { timezone } = brand;
  const isWithin = (at: Date) => query.from <= localDay(timezone, at) && localDay(timezone, at) <= query.to;
  const found = await read(brand, { ...query, limit: '100' });
  const wanted = new Map<string, string>();
  for (let day = query.from; day <= query.to; day = addDays(day, 1)) {
    const period = PERIOD[query.interval](day);
    wanted.set(period, firstMinuteOf(timezone, period).toISOString());
  }
  const ofPeriod = (period: string) => (at: Date) =>
    isWithin(at) && PERIOD[query.interval](localDay(timezone, at)) === period;
  expect(found.from).toBe(firstMinuteOf(timezone, query.from).toISOString());
  expect(found.to).toBe(firstMinuteOf(timezone, addDays(query.to, 1)).toISOString());
  expect(found.totals).toEqual(figures(history, { day: isWithin }));
  expect(found.series).toEqual(
    [...wanted].map(([period, start]) => ({ start, ...figures(history, { day: ofPeriod(period) }) })),
  );
  for (const [name, list, key] of [
    ['userId', found.topReferrers, 'referrer'],
    ['source', found.sources, 'source'],
  ] as const) {
    const all = [...history.clicks, ...history.signups, ...history.rewards].map((row) => row[key]);
    const lines = [...new Set(all)].map((one) => [one, figures(history, { day: isWithin, [key]: one })] as const);
    const isThere = (one: Figures) => one.clicks + one.signups + one.conversions + one.rewardsPoints > 0;
    const there = new Map(lines.filter(([, line]) => isThere(line)));
    expect(list.map((line: any) => line[name]).sort()).toEqual([...there.keys()].sort());
    for (const { [name]: value, name: _, ...line } of list) expect(line).toEqual(there.get(value));
    expect(list.map((line: Figures) => line).sort(compareOrder)).toEqual(list);
  }
  for (const [name, list] of [
    ['device', found.devices],
    ['country', found.countries],
  ] as const) {
    const clicked = history.clicks.filter((click) => isWithin(click.at) && click[name] !== null);
    const there = Object.entries(Object.groupBy(clicked, (click) => click[name] ?? '')).map(([value, clicks = []]) => ({
      [name]: value,
      clicks: clicks.length,
      uniqueVisitors: clicks.filter(({ isUnique }) => isUnique).length,
    }));
    expect(list).toHaveLength(there.length);
    expect(list).toEqual(expect.arrayContaining(there));
  }
}

describe('the analytics of referrals', () => {
  const cases = [
    ['America/New_York', '2025-10-20', '2025-11-15'],
    ['America/Santiago', '2025-08-25', '2025-09-20'],
    ['Pacific/Kiritimati', '2025-12-20', '2026-01-20'],
    ['Asia/Kathmandu', '2024-02-01', '2025-03-15'],
    ['Europe/Berlin', '2025-03-01', '2025-11-10'],
  ] as const;
  it.each(cases)('are what a slow and plain count says, in %s', { timeout: 60_000 }, async (timezone, first, last) => {
    const brand = await brandIn(timezone);
    const referrers = [];
    for (let n = 0; n < 4; n += 1) referrers.push(await rows.referrer(test, brand.tenantId));
    const other = await brandIn(timezone);
    await rows.click(await rows.referrer(test, other.tenantId), {
      at: new Date(`${first}T12:00:00Z`),
      ...{ source: 'direct', device: 'mobile', country: 'DE', isUnique: true },
    });
    const span = { from: new Date(`${addDays(first, -3)}T00:00:00Z`), to: new Date(`${addDays(last, 3)}T00:00:00Z`) };
    const history = await play(referrers, { ...span, size: 60 });
    for (const interval of ['day', 'week', 'month'] as const) {
      await compare(brand, history, { from: first, to: last, interval });
      await compare(brand, history, { from: addDays(first, 5), to: addDays(first, 5), interval });
    }
    await countActivity(test.deps);
    for (const interval of ['day', 'week', 'month'] as const) {
      await compare(brand, history, { from: first, to: last, interval });
      await compare(brand, history, { from: addDays(first, 1), to: addDays(last, -2), interval });
    }
    await checkAnalytics(sql);
  });
});
