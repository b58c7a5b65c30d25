const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export type Period = 'hour' | 'day' | 'week' | 'month' | 'all';

// One for each zone that was asked for: making one costs a hundred times what using it does.
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known) return known;
  const numeric = 'numeric' as const;
  const fields = { year: numeric, month: numeric, day: numeric, hour: numeric, minute: numeric, second: numeric };
  const made = new Intl.DateTimeFormat('en-US', { timeZone, calendar: 'gregory', hourCycle: 'h23', ...fields });
  formats.set(timeZone, made);
  return made;
}

/** What the clock on the wall shows, as milliseconds that read so in UTC. */
export function wallTime(timeZone: string, instant: Date): number {
  const parts: Record<string, number> = {};
  for (const { type, value } of formatOf(timeZone).formatToParts(instant)) parts[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second) + (instant.getTime() % 1000);
}

/**
 * The instant at which the clock on the wall shows this: the first of two when it is turned back, the end of the gap's
 * offset when it is turned forward over it.
 */
export function instantAtWall(timeZone: string, wall: number): Date {
  const offsetAt = (time: number) => wallTime(timeZone, new Date(time)) - time;
  const [before, after] = [wall - offsetAt(wall - DAY), wall - offsetAt(wall + DAY)];
  const shows = (time: number) => wallTime(timeZone, new Date(time)) === wall;
  return new Date(!shows(before) && shows(after) ? after : before);
}

/** The day on the wall: 2026-11-23. */
export function localDay(timeZone: string, instant: Date): string {
  return new Date(wallTime(timeZone, instant)).toISOString().slice(0, 10);
}

/** 0 is Monday. */
export function weekdayOfWall(wall: number): number {
  return (new Date(wall).getUTCDay() + 6) % 7;
}

/** Midnight of the wall's day. */
export function startOfWallDay(wall: number): number {
  return wall - (((wall % DAY) + DAY) % DAY);
}

/** When the period that the instant is in began, by the clock on the wall. A week begins on Monday. */
export function startOfPeriod(timeZone: string, instant: Date, period: Period): Date {
  if (period === 'all') return new Date(0);
  const wall = wallTime(timeZone, instant);
  if (period === 'hour') return new Date(instant.getTime() - (((wall % HOUR) + HOUR) % HOUR));
  const midnight = startOfWallDay(wall);
  if (period === 'day') return instantAtWall(timeZone, midnight);
  if (period === 'week') return instantAtWall(timeZone, midnight - weekdayOfWall(wall) * DAY);
  const date = new Date(midnight);
  return instantAtWall(timeZone, Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1));
}

const QUARTER = 15 * MINUTE;
const PERIODS: readonly Period[] = ['hour', 'day', 'week', 'month', 'all'];
type Starts = readonly { period: Period; start: Date }[];

// All clocks are apart by whole quarters of an hour since 1972: within one nothing begins.
const known = new Map<string, { quarter: number; starts: Starts }>();

/** When the periods of an instant began: computed once for each zone in a quarter of an hour. */
export function startsOfPeriods(timeZone: string, instant: Date): Starts {
  const quarter = Math.floor(instant.getTime() / QUARTER);
  const last = known.get(timeZone);
  if (last?.quarter === quarter) return last.starts;
  const starts = PERIODS.map((period) => ({ period, start: startOfPeriod(timeZone, instant, period) }));
  known.set(timeZone, { quarter, starts });
  return starts;
}
