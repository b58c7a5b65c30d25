import type { Price } from './types.ts';

type Recurring = NonNullable<Price['recurring']>;
export type Period = { start: number; end: number };

const SECONDS: Readonly<Record<string, number>> = { day: 86_400, week: 7 * 86_400 };

/** The first end after `start` on the grid of the anchor: the 31st falls on the last day of shorter months, and returns. */
export function periodEnd(start: number, { anchor, recurring }: { anchor: number; recurring: Recurring }): number {
  let count = 1;
  while (stepped(anchor, { recurring, count }) <= start) count += 1;
  return stepped(anchor, { recurring, count });
}

function stepped(anchor: number, { recurring, count }: { recurring: Recurring; count: number }): number {
  const { interval, interval_count } = recurring;
  const seconds = SECONDS[interval];
  if (seconds !== undefined) return anchor + seconds * interval_count * count;
  const months = (interval === 'year' ? 12 : 1) * interval_count * count;
  const from = new Date(anchor * 1000);
  const [year, month] = [from.getUTCFullYear(), from.getUTCMonth() + months];
  const day = Math.min(from.getUTCDate(), new Date(Date.UTC(year, month + 1, 0)).getUTCDate());
  return Math.floor(Date.UTC(year, month, day) / 1000) + (anchor % 86_400);
}
