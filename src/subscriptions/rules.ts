import type { MembershipStatus } from '#schemas/memberships.ts';
import type { SubscriptionStatus } from '#schemas/subscriptions.ts';
import { statusAt } from '../memberships/rules.ts';

const DAY_MS = 86_400_000;

/** A processor charges up to hours after a period has ended, and may be out of reach then: so long the benefits go on. */
export const RENEWAL_SLACK_DAYS = 3;

export type Standing = {
  status: SubscriptionStatus;
  periodStart: Date;
  periodEnd: Date;
  cancelAtPeriodEnd: boolean;
  endedAt: Date | null;
};
export type MembershipTerms = {
  status: MembershipStatus;
  expiresAt: Date | null;
  endsAt: Date | null;
  cancelAtPeriodEnd: boolean;
};

/** `graceEndsAt` is when the grace ends that runs already: a further period that begins unpaid brings no other. */
type Brand = { graceDays: number; graceEndsAt: Date | null; now: Date };

/**
 * What a subscription makes of its membership. Null while the first payment is missing, and when it never came. After a
 * failed renewal the benefits are kept for the brand's days of grace (features MB6), counted from the renewal's day.
 */
export function membershipOf(standing: Standing, brand: Brand): MembershipTerms | null {
  const terms = termsOf(standing, brand);
  return terms && { ...terms, status: statusAt(terms, brand.now) };
}

function termsOf(
  { status, periodStart, periodEnd, cancelAtPeriodEnd, endedAt }: Standing,
  { graceDays, graceEndsAt, now }: Brand,
): MembershipTerms | null {
  switch (status) {
    case 'trialing':
    case 'active':
      return {
        status,
        expiresAt: periodEnd,
        endsAt: cancelAtPeriodEnd ? periodEnd : daysAfter(periodEnd, RENEWAL_SLACK_DAYS),
        cancelAtPeriodEnd,
      };
    case 'past_due': {
      const endsAt = graceEndsAt ?? daysAfter(periodStart, graceDays);
      return { status, expiresAt: endsAt, endsAt, cancelAtPeriodEnd };
    }
    case 'unpaid':
      return {
        status: 'expired',
        expiresAt: earlier(periodEnd, now),
        endsAt: earlier(periodEnd, now),
        cancelAtPeriodEnd,
      };
    case 'paused':
      return { status: 'paused', expiresAt: null, endsAt: null, cancelAtPeriodEnd };
    case 'canceled':
      return { status: 'canceled', expiresAt: endedAt ?? now, endsAt: endedAt ?? now, cancelAtPeriodEnd: false };
    case 'incomplete':
    case 'incomplete_expired':
      return null;
  }
}

/** Whether the subscription has ended for good: nothing that is told later revives it. */
export function isOver(status: SubscriptionStatus): boolean {
  return status === 'canceled' || status === 'incomplete_expired';
}

const RUNNING: readonly SubscriptionStatus[] = ['trialing', 'active', 'past_due'];

/** Whether it renews by itself, so that its end and its tier can be decided. */
export function isRunning(status: SubscriptionStatus): boolean {
  return RUNNING.includes(status);
}

const HOUR_MS = 3_600_000;

/** When a job asks how it stands, if nothing is heard of it. */
export function nextSubscriptionCheck(
  { status, periodEnd, createdAt }: { status: SubscriptionStatus; periodEnd: Date | null; createdAt: Date },
  now: Date,
): Date | null {
  if (isOver(status)) return null;
  if (status === 'incomplete' || periodEnd === null) {
    const age = now.getTime() - createdAt.getTime();
    return new Date(now.getTime() + Math.min(Math.max(age, 30_000), HOUR_MS));
  }
  // Invoices are charged about an hour after a period ends; what is in arrears is asked for a few times a day.
  const afterPeriod = new Date(periodEnd.getTime() + 2 * HOUR_MS);
  const soon = new Date(now.getTime() + 6 * HOUR_MS);
  return status === 'past_due' || status === 'unpaid' || afterPeriod <= now ? soon : afterPeriod;
}

function daysAfter(instant: Date, days: number): Date {
  return new Date(instant.getTime() + days * DAY_MS);
}

function earlier(a: Date, b: Date): Date {
  return a < b ? a : b;
}
