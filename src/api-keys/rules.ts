import type { ApiKeyCode, ApiKeyScope } from '#schemas/api-keys.ts';
import { addSeconds, earlier } from '../lib/time.ts';
import type { Quota } from '../plans/rules.ts';

/** Keys of a brand that may work at the same time. */
export const MAX_LIVE_KEYS = 100;

type State = { enabled: boolean; expiresAt: Date | null; revokedAt: Date | null; scopes: readonly ApiKeyScope[] };

export function isEnded({ expiresAt, revokedAt }: Pick<State, 'expiresAt' | 'revokedAt'>, now: Date): boolean {
  return revokedAt !== null || (expiresAt !== null && expiresAt <= now);
}

type KeyQuestion = {
  scope: ApiKeyScope | undefined;
  quota: Pick<Quota, 'remaining'>;
  isRateLimited: boolean;
  now: Date;
};

/** Why a key would be refused, precisely: for the people it belongs to. */
export function decideKeyCode(key: State, { scope, quota, isRateLimited, now }: KeyQuestion): ApiKeyCode {
  if (key.revokedAt !== null) return 'REVOKED';
  if (isEnded(key, now)) return 'EXPIRED';
  if (!key.enabled) return 'DISABLED';
  if (scope !== undefined && !key.scopes.includes(scope)) return 'INSUFFICIENT_PERMISSIONS';
  if (isRateLimited) return 'RATE_LIMITED';
  return quota.remaining === 0 ? 'USAGE_EXCEEDED' : 'VALID';
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
const DAY_MS = 86_400_000;

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
