import { instantAtWall, localDay, wallTime } from '#src/lib/zoned-time.ts';

/** The instant at which the clock on the wall of a zone shows this: 2026-03-08T23:50. */
export function wall(timezone: string, time: string): Date {
  return instantAtWall(timezone, Date.parse(`${time}:00.000Z`));
}

/** Plain and slow: the first minute that is of the day, looked for minute by minute around its midnight. */
export function firstMinuteOf(timezone: string, day: string): Date {
  const midnight = Date.parse(`${day}T00:00:00.000Z`);
  const offset = wallTime(timezone, new Date(midnight)) - midnight;
  const from = midnight - offset - 3 * 3_600_000;
  for (let minute = 0; minute < 6 * 60; minute += 1) {
    const at = new Date(from + minute * 60_000);
    if (localDay(timezone, at) === day) return at;
  }
  throw new Error(`${timezone} has no ${day}`);
}
