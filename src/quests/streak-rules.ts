import type { StreakSnapshot } from '#schemas/quest-progress.ts';
import type { Streak } from '#schemas/quests.ts';

const DAY_MS = 86_400_000;
/** After a change of the time zone the next reward needs so long since the last one (QS5). */
const ZONE_CHANGE_MS = 20 * 3_600_000;

/** How the streak stood after the last claim: its local day, its instant, and the zone that the day was counted in. */
export type StreakState = {
  streak: number;
  best: number;
  freezes: number;
  lastDay: string;
  lastAt: Date;
  lastTimezone: string;
};
/** A local day, the zone that it is one of, and the instant that is looked at. */
export type Today = { day: string; timezone: string; at: Date };
export type NextStreak = { streak: number; best: number; freezes: number; freezesUsed: number; bonusPoints: number };

const NO_STREAK: Streak = { bonuses: [], repeatBonuses: false, graceDays: 0, freezes: null };

/**
 * From when the next day may be claimed, or null if that is now. `nextDayAt` is the instant at which the day after the last
 * claimed one begins in the zone of today.
 */
export function waitUntil(state: StreakState, today: Today, nextDayAt: Date): Date | null {
  const waits: Date[] = [];
  if (state.lastDay >= today.day) waits.push(nextDayAt);
  const rested = restedAt(state, today);
  if (rested) waits.push(rested);
  return waits.sort((a, b) => b.getTime() - a.getTime())[0] ?? null;
}

/** From when a reward may follow a change of the time zone, or null if that is now. */
export function restedAt(
  last: Pick<StreakState, 'lastAt' | 'lastTimezone'>,
  { timezone, at }: Pick<Today, 'timezone' | 'at'>,
): Date | null {
  if (last.lastTimezone === timezone) return null;
  const rested = new Date(last.lastAt.getTime() + ZONE_CHANGE_MS);
  return at < rested ? rested : null;
}

/**
 * Days missed between the last claim and today. A journey is no fault of the member's: after a change of the zone only
 * whole days that have really passed count.
 */
export function missedDays(state: StreakState, today: Today): number {
  const missed = Math.max(0, daysBetween(state.lastDay, today.day) - 1);
  if (state.lastTimezone === today.timezone) return missed;
  const passed = Math.floor((today.at.getTime() - state.lastAt.getTime()) / DAY_MS) - 1;
  return Math.min(missed, Math.max(0, passed));
}

/** The streak after a claim of today. Missed days take grace first, then freezes; if they do not suffice it begins anew. */
export function nextStreak(state: StreakState | null, today: Today, streak: Streak | null): NextStreak {
  const rules = streak ?? NO_STREAK;
  const used = state ? freezesNeeded(state, today, rules) : null;
  const count = state && used !== null ? state.streak + 1 : 1;
  const best = Math.max(count, state?.best ?? 0);
  const kept = (state?.freezes ?? 0) - (used ?? 0);
  const earned = rules.freezes?.every && count % rules.freezes.every === 0 && kept < rules.freezes.max ? 1 : 0;
  return { streak: count, best, freezes: kept + earned, freezesUsed: used ?? 0, bonusPoints: bonusOf(rules, count) };
}

/** The streak as it stands, before today is claimed: 0 once it cannot be saved. */
export function streakNow(state: StreakState | null, today: Today, streak: Streak | null): number {
  if (!state || freezesNeeded(state, today, streak ?? NO_STREAK) === null) return 0;
  return state.streak;
}

/** What is kept of a streak when it is set by hand. */
export function snapshotOf({ streak, best, freezes, lastDay }: StreakSnapshot): StreakSnapshot {
  return { streak, best, freezes, lastDay };
}

export function isSameSnapshot(one: StreakSnapshot, other: StreakSnapshot): boolean {
  const names = ['streak', 'best', 'freezes', 'lastDay'] as const;
  return names.every((name) => one[name] === other[name]);
}

type Wanted = { streak: number; freezes: number | undefined; today: string };

/** A streak that is set by hand stands as of now: today, if that is claimed, else the day before is its last one. */
export function repairedStreak(old: StreakSnapshot, { streak, freezes = old.freezes, today }: Wanted): StreakSnapshot {
  const lastDay = old.lastDay >= today ? old.lastDay : dayBefore(today);
  return { streak, best: Math.max(old.best, streak), freezes, lastDay };
}

export function dayBefore(day: string): string {
  return new Date(Date.parse(day) - DAY_MS).toISOString().slice(0, 10);
}

/** How many freezes the missed days need; null when there are too few. */
function freezesNeeded(state: StreakState, today: Today, { graceDays }: Streak): number | null {
  const needed = Math.max(0, missedDays(state, today) - graceDays);
  return needed <= state.freezes ? needed : null;
}

function bonusOf({ bonuses, repeatBonuses }: Streak, streak: number): number {
  const last = Math.max(0, ...bonuses.map(({ day }) => day));
  const day = repeatBonuses && last > 0 ? ((streak - 1) % last) + 1 : streak;
  return bonuses.find((bonus) => bonus.day === day)?.points ?? 0;
}

function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS);
}
