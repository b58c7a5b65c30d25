import { instantAtWall, localDay } from '../lib/zoned-time.ts';

const DAY = 86_400_000;
const DEFAULT_DAYS = 30;
const SPANS = [1, 4, 16, 64, 256] as const;

type Moment = string | Date | undefined;
type Asked = { timezone: string; from: Moment; to: Moment; now: Date };
/** Whole days, both included. */
export type DayRange = { fromOn: string; toOn: string };

const numberOf = (day: string) => Date.parse(`${day}T00:00:00.000Z`) / DAY;
const dayOf = (number: number) => new Date(number * DAY).toISOString().slice(0, 10);

/** The days of the brand's calendar that a range asks for: midnight ends the day before. Null if it ends before it begins. */
export function decideRange({ timezone, from, to, now }: Asked): DayRange | null {
  const day = (at: Moment, backBy = 0) =>
    at instanceof Date ? localDay(timezone, new Date(at.getTime() - backBy)) : at;
  const lastOn = day(to, 1) ?? localDay(timezone, now);
  const fromOn = day(from) ?? dayOf(numberOf(lastOn) - DEFAULT_DAYS + 1);
  if (from instanceof Date && to instanceof Date && from > to) return null;
  const toOn = from instanceof Date && to instanceof Date && lastOn < fromOn ? fromOn : lastOn;
  return fromOn <= toOn ? { fromOn, toOn } : null;
}

/** When the first day begins, and when the last one is over. */
export function instantsOf({ fromOn, toOn }: DayRange, timezone: string): { from: Date; to: Date } {
  const start = (number: number) => instantAtWall(timezone, number * DAY);
  return { from: start(numberOf(fromOn)), to: start(numberOf(toOn) + 1) };
}

/** The longest spans of rollups that make up the range: at most three of each length but the longest at either end. */
export function spansOf({ fromOn, toOn }: DayRange): { span: number; startsOn: string }[] {
  const [first, end] = [numberOf(fromOn), numberOf(toOn) + 1];
  const spans: { span: number; startsOn: string }[] = [];
  for (let at = first; at < end; ) {
    const span = SPANS.findLast((days) => at % days === 0 && at + days <= end) ?? 1;
    spans.push({ span, startsOn: dayOf(at) });
    at += span;
  }
  return spans;
}
