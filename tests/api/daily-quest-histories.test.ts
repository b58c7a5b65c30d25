import fc from 'fast-check';
import { expect, it } from 'vitest';
import { localDay } from '#src/lib/zoned-time.ts';
import { firstMinuteOf } from '../support/calendars.ts';
import { brandWithMember, newMember, reasonsOf, tokenAt } from '../support/coupons.ts';
import { findBroken } from '../support/invariants.ts';
import { balanceOf, claimDay, makeQuest, setZone } from '../support/quests.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';

/** Random members who travel, through HTTP and the calendar of the database, against a model that is plain and slow. */
const test = await startTestApp({ RATE_LIMITS: 'off', TEST_CLOCK: 'on' });
const { sql } = openRows(test.url);
const brand = await brandWithMember(test);
const { tenantId } = brand;

const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'America/Havana',
  'America/Santiago',
  'Africa/Cairo',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'Pacific/Kiritimati',
  'Pacific/Pago_Pago',
  'Pacific/Chatham',
];
const HOUR = 3_600_000;
const RULES = { bonuses: [{ day: 3, points: 7 }], repeatBonuses: true, graceDays: 1, freezes: { every: 3, max: 2 } };

type Last = { day: string; at: number; zone: string };
type Model = { last: Last | null; streak: number; freezes: number; points: number };
type Seen = { ok: true; streak: number; next: string } | { ok: false; reason: string };

const after = (day: string) => new Date(Date.parse(day) + 24 * HOUR).toISOString().slice(0, 10);

/** Days of the calendar between the last claim and today, walked one by one; after a journey no more than have passed. */
function missed(last: Last, { day, zone, at }: Last): number {
  let days = 0;
  for (let one = after(last.day); one < day; one = after(one)) days += 1;
  if (zone === last.zone) return days;
  let passed = -1;
  for (let time = last.at + 24 * HOUR; time <= at; time += 24 * HOUR) passed += 1;
  return Math.min(days, Math.max(0, passed));
}

function claimInModel(model: Model, zone: string, at: number): Seen {
  const day = localDay(zone, new Date(at));
  const { last } = model;
  if (last && day <= last.day) return { ok: false, reason: 'ALREADY_CLAIMED' };
  if (last && zone !== last.zone && at < last.at + 20 * HOUR) return { ok: false, reason: 'ZONE_CHANGED' };
  const needed = last ? Math.max(0, missed(last, { day, zone, at }) - RULES.graceDays) : 0;
  if (needed <= model.freezes) model.freezes -= needed;
  else model.streak = 0;
  model.streak += 1;
  if (model.streak % RULES.freezes.every === 0 && model.freezes < RULES.freezes.max) model.freezes += 1;
  model.points += 10 + (model.streak % 3 === 0 ? 7 : 0);
  model.last = { day, at, zone };
  return { ok: true, streak: model.streak, next: firstMinuteOf(zone, after(day)).toISOString() };
}

const steps = fc.array(
  fc.record({ hours: fc.oneof(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 24, max: 120 })), zone: fc.nat(20) }),
  { minLength: 1, maxLength: 14 },
);
const start = fc.integer({ min: Date.parse('2024-01-01') / HOUR, max: Date.parse('2026-12-01') / HOUR });

it('claims, refusals, streaks and points are those of the model', async () => {
  await fc.assert(
    fc.asyncProperty(start, steps, async (hour, history) => {
      const { id: questId } = await makeQuest(test, brand, { points: 10, streak: RULES });
      const member = await newMember(test, tenantId);
      const model: Model = { last: null, streak: 0, freezes: 0, points: 0 };
      let [at, zone] = [hour * HOUR, ZONES[hour % ZONES.length] as string];
      await setZone(test, { token: member.token, timezone: zone });
      for (const { hours, zone: to } of history) {
        at += hours * HOUR;
        const next = ZONES[to] ?? zone;
        if (next !== zone) await setZone(test, { token: member.token, timezone: next });
        zone = next;
        const instant = new Date(at);
        const token = await tokenAt(test, sql, { userId: member.userId, at: instant });
        const answer = await claimDay(test, { tenantId, questId, token, at: instant });
        const { data, error } = answer.body;
        const refused = error?.code === 'ALREADY_CLAIMED' ? 'ALREADY_CLAIMED' : error && reasonsOf(answer)[0];
        const seen = data
          ? { ok: true, streak: data.claim.streak, next: data.nextClaimAt }
          : { ok: false, reason: refused };
        expect(seen, `${zone} ${instant.toISOString()}`).toEqual(claimInModel(model, zone, at));
      }
      expect(await balanceOf(test, { tenantId, token: member.token })).toBe(model.points);
    }),
    { numRuns: 60 },
  );
  expect(await findBroken(sql)).toEqual([]);
}, 120_000);
