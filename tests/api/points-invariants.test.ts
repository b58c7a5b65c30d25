import { beforeAll, describe, expect, it } from 'vitest';
import { countScores } from '#src/leaderboards/count-scores.ts';
import { findBroken } from '../support/invariants.ts';
import { POINT_INVARIANTS } from '../support/point-invariants.ts';
import {
  addDays,
  buyForPoints,
  makeTier,
  move,
  newHolder,
  pointsBrand,
  sellForPoints,
  setPolicy,
} from '../support/points.ts';
import { openRows } from '../support/rows.ts';
import { whatBreaks } from '../support/sabotage.ts';
import { startTestApp } from '../support/test-app.ts';

/** The invariants of points (G5) are worth what they find: each is broken once here. */
const test = await startTestApp();
const { sql } = openRows(test.url);

beforeAll(async () => {
  const brand = await pointsBrand(test);
  await makeTier(test, brand, { code: 'silver', rank: 10, pointsThreshold: 400 });
  const downgrade = { mode: 'after', days: 7 };
  await setPolicy(test, brand, { expiry: { mode: 'inactivity', days: 30 }, tiers: { basis: 'earned', downgrade } });
  const [one, other] = [await newHolder(test, brand), await newHolder(test, brand)];
  await move(test, one, { amount: 500, at: addDays(-3) });
  await move(test, one, { amount: -200, reason: 'taken_back' });
  await move(test, other, { amount: 1_500 });
  const productId = await sellForPoints(test, brand, { stock: 10 });
  const bought = [];
  for (let time = 0; time < 2; time += 1) bought.push(await buyForPoints(test, { ...other, productId }));
  const { id } = bought[0]?.body.data.purchase ?? {};
  const path = `tenants/${brand.tenantId}/points/purchases/${id}/refund`;
  expect((await test.call('POST', path, { token: brand.owner.token })).status).toBe(200);
  await countScores({ db: test.deps.db });
  await move(test, one, { amount: 3 });
});

const SABOTAGE: Record<keyof typeof POINT_INVARIANTS, string[]> = {
  'points are the sum of their ledger': ['update memberships set points = points + 1'],
  'the points that count for tiers are what was earned, adjusted and taken back': [
    'update memberships set points_earned = points_earned + 1',
  ],
  'what was earned or taken back counts on the leaderboards of a day, and nothing else does': [
    'alter table point_entries disable trigger user',
    `update point_entries set counts_on = '2026-01-01' where reason = 'purchase'`,
  ],
  'a score is the sum of the entries of its period': [
    `delete from leaderboard_scores where period = 'week' and points > 1000`,
  ],
  'the buckets of a leaderboard are the scores that they know': [
    'update leaderboard_buckets set members = members + 1 where level = 1',
  ],
  'points that can expire are looked at in time': ['update memberships set points_expire_at = null where points > 0'],
  'a purchase took its points once, and gave them back once when it was refunded': [
    'update points_purchases set points = points + 1',
  ],
  'what is owned by a purchase is what its effects say, until it is refunded': [
    `update owned_products set taken_back_at = now() where source = 'grant' and taken_back_at is null`,
  ],
  'a tier falls only where points brought it': [
    'update memberships set points_tier_id = null where tier_falls_at is not null',
  ],
};

describe('the checker of invariants', () => {
  it('finds nothing where all is right', async () => {
    expect(await findBroken(sql)).toEqual([]);
  });

  it.each(Object.keys(POINT_INVARIANTS))('notices when it is broken that %s', async (name) => {
    expect(await whatBreaks(sql, { statements: SABOTAGE[name] ?? [] })).toContain(name);
  });

  it('notices that a bucket knows nothing of a score that is said to be counted', async () => {
    const statements = ['update leaderboard_scores set counted = points where counted <> points'];
    expect(await whatBreaks(sql, { statements })).toContain(
      'the buckets of a leaderboard are the scores that they know',
    );
  });
});
