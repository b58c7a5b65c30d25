import type { Plan } from '#schemas/plans.ts';

export type PlanLimits = { requestsPerMinute: number; requestsPerMonth: number | null; storedBytes: number };

const GIB = 1024 ** 3;

/**
 * What each plan lets an API key call a minute, all keys of the brand together in a calendar month (UTC), and the brand keep
 * of files.
 */
export const PLAN_LIMITS: Readonly<Record<Plan, PlanLimits>> = {
  free: { requestsPerMinute: 300, requestsPerMonth: 100_000, storedBytes: 5 * GIB },
  growth: { requestsPerMinute: 1_500, requestsPerMonth: 3_000_000, storedBytes: 100 * GIB },
  scale: { requestsPerMinute: 6_000, requestsPerMonth: null, storedBytes: 1024 * GIB },
};

export type Quota = { limit: number | null; used: number; remaining: number | null; resetsAt: Date };

/** What is left of the month. Used up is told apart from too fast: waiting a minute does not help. */
export function computeQuota(plan: Plan, { used, now }: { used: number; now: Date }): Quota {
  const limit = PLAN_LIMITS[plan].requestsPerMonth;
  const remaining = limit === null ? null : Math.max(0, limit - used);
  return { limit, used, remaining, resetsAt: nextMonth(now) };
}

const ALERT_LEVELS = [100, 80] as const;
export type AlertLevel = (typeof ALERT_LEVELS)[number];

/** The highest share of the month's requests, in percent, that was reached by going from one count to the other. */
export function crossedLevel(plan: Plan, { before, after }: { before: number; after: number }): AlertLevel | null {
  const limit = PLAN_LIMITS[plan].requestsPerMonth;
  if (limit === null) return null;
  return ALERT_LEVELS.find((level) => before < (limit * level) / 100 && after >= (limit * level) / 100) ?? null;
}

/** The month of an instant as its first day, in UTC. */
export function monthOf(instant: Date): string {
  return `${instant.toISOString().slice(0, 7)}-01`;
}

/** The first instant of the month after, in UTC. */
export function nextMonth(now: Date): Date {
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1));
}
