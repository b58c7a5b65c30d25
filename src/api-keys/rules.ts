import type { ApiKeyCode, ApiKeyScope, RefillInterval } from '#schemas/api-keys.ts';
import { addSeconds, earlier } from '../lib/time.ts';
import { nextMonth, type Quota } from '../plans/rules.ts';

/** Keys of a brand that may work at the same time. */
export const MAX_LIVE_KEYS = 100;
const DAY_MS = 86_400_000;

type State = { enabled: boolean; expiresAt: Date | null; revokedAt: Date | null; scopes: readonly ApiKeyScope[] };

export function isEnded({ expiresAt, revokedAt }: Pick<State, 'expiresAt' | 'revokedAt'>, now: Date): boolean {
  return revokedAt !== null || (expiresAt !== null && expiresAt <= now);
}

type KeyQuestion = {
  scope: ApiKeyScope | undefined;
  quota: Pick<Quota, 'remaining'>;
  /** As they are now; null when the key has none of its own. */
  credits: Pick<Credits, 'remaining'> | null;
  isRateLimited: boolean;
  now: Date;
};

/** Why a key would be refused, precisely: for the people it belongs to. */
export function decideKeyCode(key: State, { scope, quota, credits, isRateLimited, now }: KeyQuestion): ApiKeyCode {
  if (key.revokedAt !== null) return 'REVOKED';
  if (isEnded(key, now)) return 'EXPIRED';
  if (!key.enabled) return 'DISABLED';
  if (scope !== undefined && !key.scopes.includes(scope)) return 'INSUFFICIENT_PERMISSIONS';
  if (isRateLimited) return 'RATE_LIMITED';
  return quota.remaining === 0 || credits?.remaining === 0 ? 'USAGE_EXCEEDED' : 'VALID';
}

/** The requests that a key has left. `refillsAt` may have passed: they are refilled when they are looked at. */
export type Credits = {
  remaining: number;
  refillAmount: number | null;
  refillInterval: RefillInterval | null;
  refillsAt: Date | null;
};

/** When each interval refills next: at the first instant of the following day or calendar month, in UTC. */
export function nextRefills(now: Date): Record<RefillInterval, Date> {
  return { day: new Date((Math.floor(now.getTime() / DAY_MS) + 1) * DAY_MS), month: nextMonth(now) };
}

/** The credits as they are now. A refill sets them to its amount, whatever is left: nothing is added or carried over. */
export function settleCredits(credits: Credits, now: Date): Credits {
  const { refillAmount, refillInterval, refillsAt } = credits;
  if (refillAmount === null || refillInterval === null || refillsAt === null || refillsAt > now) return credits;
  return { ...credits, remaining: refillAmount, refillsAt: nextRefills(now)[refillInterval] };
}

export type AskedCredits = {
  remaining?: number | undefined;
  refill?: { amount: number; interval: RefillInterval } | null | undefined;
};

type CreditsDecision = { ok: true; credits: Credits } | { ok: false; reason: { field: string; message: string } };

/** The credits that a key gets: what is not said stays as it is now, and whoever has none must be told how many. */
export function decideCredits(
  before: Credits | null,
  { asked, now }: { asked: AskedCredits; now: Date },
): CreditsDecision {
  const settled = before && settleCredits(before, now);
  const remaining = asked.remaining ?? settled?.remaining;
  if (remaining === undefined) {
    return { ok: false, reason: { field: 'credits.remaining', message: 'is required: the key has no credits yet' } };
  }
  if (settled && asked.refill === undefined) return { ok: true, credits: { ...settled, remaining } };
  const { amount: refillAmount = null, interval: refillInterval = null } = asked.refill ?? {};
  const refillsAt = refillInterval && nextRefills(now)[refillInterval];
  return { ok: true, credits: { remaining, refillAmount, refillInterval, refillsAt } };
}

/** When a replaced key ends: after the overlap, but never later than it would have ended anyway. */
export function computeOverlapEnd(
  { expiresAt }: { expiresAt: Date | null },
  { overlapSeconds, now }: { overlapSeconds: number; now: Date },
): Date {
  const end = addSeconds(now, overlapSeconds);
  return expiresAt === null ? end : earlier(expiresAt, end);
}

export const MAX_USAGE_DAYS = 92;
const DEFAULT_USAGE_DAYS = 30;

type DaysDecision = { ok: true; from: string; to: string } | { ok: false; reason: { field: string; message: string } };

/** The days (UTC) that a usage report covers: the last thirty when nothing is said. */
export function decideUsageDays(
  { from, to }: { from?: string | undefined; to?: string | undefined },
  now: Date,
): DaysDecision {
  const last = to ?? dayOf(now.getTime());
  const first = from ?? dayOf(Date.parse(last) - (DEFAULT_USAGE_DAYS - 1) * DAY_MS);
  const count = (Date.parse(last) - Date.parse(first)) / DAY_MS + 1;
  if (count < 1) return { ok: false, reason: { field: 'to', message: 'must not be before from' } };
  if (count > MAX_USAGE_DAYS) {
    return { ok: false, reason: { field: 'from', message: `must be at most ${MAX_USAGE_DAYS} days before to` } };
  }
  return { ok: true, from: first, to: last };
}

function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

type Counts = { requests: number; failed: number };
type UsedOperation = Counts & { day: string; operation: string };

export function sumOf(rows: readonly Counts[]): Counts {
  return rows.reduce<Counts>(
    (sum, row) => ({ requests: sum.requests + row.requests, failed: sum.failed + row.failed }),
    { requests: 0, failed: 0 },
  );
}

/** One item a day that has any use, each with its operations, in the order of the rows. */
export function sumByDay(rows: readonly UsedOperation[]) {
  return [...Map.groupBy(rows, ({ day }) => day)].map(([day, ofDay]) => ({
    day,
    ...sumOf(ofDay),
    operations: ofDay.map(({ operation, requests, failed }) => ({ operation, requests, failed })),
  }));
}
