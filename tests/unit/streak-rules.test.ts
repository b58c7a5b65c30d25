import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Streak } from '#schemas/quests.ts';
import { missedDays, nextStreak, type StreakState, streakNow, waitUntil } from '#src/quests/streak-rules.ts';
import vectors from '../vectors/streaks.json' with { type: 'json' };

type Vector = (typeof vectors.vectors)[number];
const stateOf = ({ state }: Vector): StreakState | null => state && { ...state, lastAt: new Date(state.lastAt) };
const todayOf = ({ today }: Vector) => ({ day: today.day, timezone: today.timezone, at: new Date(today.at) });

describe('the published vectors', () => {
  it.each(vectors.vectors.map((vector) => [vector.name, vector] as const))('%s', (_name, vector) => {
    const [state, today] = [stateOf(vector), todayOf(vector)];
    const wait = state && vector.today.afterLastAt ? waitUntil(state, today, new Date(vector.today.afterLastAt)) : null;
    const rules = vector.rules && Streak.parse(vector.rules);
    const seen = wait ? { waitUntil: wait.toISOString() } : nextStreak(state, today, rules);
    expect(seen).toEqual(vector.expected);
  });
});

const DAY = 86_400_000;
const START = Date.parse('2026-01-01');
const dayOf = (n: number) => new Date(START + n * DAY).toISOString().slice(0, 10);
const at = (n: number) => new Date(START + n * DAY + DAY / 2);
const rules = fc.record({
  bonuses: fc.uniqueArray(fc.record({ day: fc.integer({ min: 1, max: 9 }), points: fc.integer({ min: 1, max: 50 }) }), {
    selector: ({ day }) => day,
  }),
  repeatBonuses: fc.boolean(),
  graceDays: fc.integer({ min: 0, max: 2 }),
  freezes: fc.option(
    fc.record({
      every: fc.option(fc.integer({ min: 1, max: 4 })),
      price: fc.constant(null),
      max: fc.integer({ min: 1, max: 3 }),
    }),
  ),
});

/** Plain and slow: walks every day of the calendar, one by one. */
function walk(claimed: ReadonlySet<number>, until: number, { graceDays, freezes: earning }: Streak) {
  let [streak, freezes, best, gap] = [0, 0, 0, 0];
  for (let day = 0; day <= until; day += 1) {
    if (!claimed.has(day)) {
      gap += 1;
      continue;
    }
    const cost = Math.max(0, gap - graceDays);
    if (streak > 0 && cost <= freezes) freezes -= cost;
    else streak = 0;
    streak += 1;
    gap = 0;
    best = Math.max(best, streak);
    if (earning?.every && streak % earning.every === 0 && freezes < earning.max) freezes += 1;
  }
  return { streak, freezes, best };
}

describe('over random histories', () => {
  it('a streak is what a walk over every day says', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 60 }), { minLength: 1 }), rules, (days, streak) => {
        let state: StreakState | null = null;
        const claimed = new Set<number>();
        for (const n of days.sort((a, b) => a - b)) {
          const today = { day: dayOf(n), timezone: 'UTC', at: at(n) };
          const next = nextStreak(state, today, streak);
          claimed.add(n);
          const { streak: count, freezes, best } = next;
          expect({ streak: count, freezes, best }).toEqual(walk(claimed, n, streak));
          state = { streak: count, best, freezes, lastDay: today.day, lastAt: today.at, lastTimezone: 'UTC' };
          expect(streakNow(state, today, streak)).toBe(count);
          expect(waitUntil(state, today, at(n))).toEqual(at(n));
        }
      }),
    );
  });

  it('a journey never costs more days than have passed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 20, max: 400 }), fc.integer({ min: -26, max: 26 }), (hours, shift) => {
        const lastAt = at(0);
        const now = new Date(lastAt.getTime() + hours * 3_600_000);
        const day = new Date(now.getTime() + shift * 3_600_000).toISOString().slice(0, 10);
        const state = { streak: 3, best: 3, freezes: 0, lastDay: dayOf(0), lastAt, lastTimezone: 'Europe/Berlin' };
        const missed = missedDays(state, { day, timezone: 'Asia/Tokyo', at: now });
        expect(missed).toBeGreaterThanOrEqual(0);
        expect(missed).toBeLessThanOrEqual(Math.max(0, Math.floor(hours / 24) - 1));
      }),
    );
  });
});
