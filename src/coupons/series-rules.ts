import type { AnalyticsInterval, CouponFigures } from '#schemas/coupon-reports.ts';
import { instantAtWall, startOfPeriod, wallTime } from '../lib/zoned-time.ts';

export const MAX_POINTS = 1_000;

type Range = { timezone: string; interval: AnalyticsInterval; from: Date; to: Date };

/** When each period of the range begins, by the clock on the wall; null when there are too many. */
export function periodStarts({ timezone, interval, from, to }: Range): Date[] | null {
  const starts: Date[] = [];
  let start = startOfPeriod(timezone, from, interval);
  while (start < to) {
    if (starts.length === MAX_POINTS) return null;
    starts.push(start);
    start = nextPeriod({ timezone, interval, start });
  }
  return starts;
}

function nextPeriod({
  timezone,
  interval,
  start,
}: {
  timezone: string;
  interval: AnalyticsInterval;
  start: Date;
}): Date {
  const wall = new Date(wallTime(timezone, start));
  const [year, month, day] = [wall.getUTCFullYear(), wall.getUTCMonth(), wall.getUTCDate()];
  const next = {
    day: () => Date.UTC(year, month, day + 1),
    week: () => Date.UTC(year, month, day + 7),
    month: () => Date.UTC(year, month + 1, 1),
  };
  return instantAtWall(timezone, next[interval]());
}

export type Point = { bucket: number; count: number };
export type SumPoint = { bucket: number; currency: string; discount: number; revenue: number };
type Found = { claims: Point[]; redemptions: Point[]; released: Point[]; sums: SumPoint[] };

/** The figures of the periods numbered from 1, with those in which nothing was. */
export function figuresOf(found: Found, periods: number): { totals: CouponFigures; series: CouponFigures[] } {
  const series = Array.from({ length: periods }, empty);
  const totals = empty();
  for (const name of ['claims', 'redemptions', 'released'] as const) {
    for (const { bucket, count } of found[name]) {
      for (const figures of [series[bucket - 1], totals]) if (figures) figures[name] += count;
    }
  }
  for (const { bucket, ...sums } of found.sums) {
    for (const figures of [series[bucket - 1], totals]) if (figures) addSums(figures, sums);
  }
  return { totals, series };
}

function empty(): CouponFigures {
  return { claims: 0, redemptions: 0, released: 0, currencies: [] };
}

function addSums({ currencies }: CouponFigures, { currency, discount, revenue }: Omit<SumPoint, 'bucket'>): void {
  const known = currencies.find((one) => one.currency === currency);
  if (!known) {
    currencies.push({ currency, discount, revenue });
    currencies.sort((a, b) => (a.currency < b.currency ? -1 : 1));
    return;
  }
  known.discount += discount;
  known.revenue += revenue;
}
