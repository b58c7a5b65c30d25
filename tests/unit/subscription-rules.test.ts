import { describe, expect, it } from 'vitest';
import { subscriptionStatuses } from '#schemas/subscriptions.ts';
import {
  isOver,
  isRunning,
  membershipOf,
  nextSubscriptionCheck,
  RENEWAL_SLACK_DAYS,
  type Standing,
} from '#src/subscriptions/rules.ts';

const at = (text: string) => new Date(text);
const start = at('2026-11-01T12:00:00.000Z');
const end = at('2026-12-01T12:00:00.000Z');
const now = at('2026-11-20T00:00:00.000Z');
const inDays = (days: number, from: Date) => new Date(from.getTime() + days * 86_400_000);

const standing = (fields: Partial<Standing>): Standing => ({
  status: 'active',
  periodStart: start,
  periodEnd: end,
  cancelAtPeriodEnd: false,
  endedAt: null,
  ...fields,
});
const made = (fields: Partial<Standing>, brand: { graceDays?: number; graceEndsAt?: Date | null; now?: Date } = {}) =>
  membershipOf(standing(fields), { graceDays: 7, graceEndsAt: null, now, ...brand });

describe('a subscription', () => {
  it.each(['active', 'trialing'] as const)(
    'that is %s gives a membership until its period ends, and some slack',
    (status) => {
      const endsAt = inDays(RENEWAL_SLACK_DAYS, end);
      expect(made({ status })).toEqual({ status, expiresAt: end, endsAt, cancelAtPeriodEnd: false });
      expect(made({ status, cancelAtPeriodEnd: true })).toEqual({
        status,
        expiresAt: end,
        endsAt: end,
        cancelAtPeriodEnd: true,
      });
    },
  );

  it('whose renewal nobody could see gives its benefits until the slack is over', () => {
    const last = inDays(RENEWAL_SLACK_DAYS, end);
    expect(made({}, { now: new Date(last.getTime() - 1) })?.status).toBe('active');
    expect(made({}, { now: last })?.status).toBe('expired');
    expect(made({ cancelAtPeriodEnd: true }, { now: end })?.status).toBe('expired');
  });

  it.each([0, 1, 7, 21])('in arrears gives them for %i days from the renewal', (graceDays) => {
    const endsAt = inDays(graceDays, start);
    const before = new Date(endsAt.getTime() - 1);
    const terms = { expiresAt: endsAt, endsAt, cancelAtPeriodEnd: false };
    expect(made({ status: 'past_due' }, { graceDays, now: before })).toEqual({ ...terms, status: 'past_due' });
    expect(made({ status: 'past_due' }, { graceDays, now: endsAt })).toEqual({ ...terms, status: 'expired' });
  });

  it('in arrears for more than a period has the grace that it had', () => {
    const graceEndsAt = inDays(7, inDays(-30, start));
    expect(made({ status: 'past_due' }, { graceEndsAt, now: inDays(1, start) })).toMatchObject({
      status: 'expired',
      endsAt: graceEndsAt,
    });
  });

  it('that the processor leaves unpaid gives nothing, and does not say that it will', () => {
    expect(made({ status: 'unpaid' })).toMatchObject({ status: 'expired', expiresAt: now, endsAt: now });
    expect(made({ status: 'unpaid' }, { now: inDays(5, end) })).toMatchObject({ status: 'expired', expiresAt: end });
  });

  it('that has ended, or pauses, says so', () => {
    const endedAt = at('2026-11-15T00:00:00.000Z');
    expect(made({ status: 'canceled', endedAt, cancelAtPeriodEnd: true })).toEqual({
      status: 'canceled',
      expiresAt: endedAt,
      endsAt: endedAt,
      cancelAtPeriodEnd: false,
    });
    expect(made({ status: 'canceled' })).toMatchObject({ status: 'canceled', endsAt: now });
    expect(made({ status: 'paused' })).toMatchObject({ status: 'paused', endsAt: null });
  });

  it.each(['incomplete', 'incomplete_expired'] as const)('that is %s gives none', (status) => {
    expect(made({ status })).toBeNull();
  });

  it('runs, is over, or neither', () => {
    expect(subscriptionStatuses.filter(isRunning)).toEqual(['trialing', 'active', 'past_due']);
    expect(subscriptionStatuses.filter(isOver)).toEqual(['incomplete_expired', 'canceled']);
  });
});

describe('the next look', () => {
  const createdAt = start;
  const next = (fields: object, on: Date = now) =>
    nextSubscriptionCheck({ status: 'active', periodEnd: end, createdAt, ...fields }, on);
  const hours = (count: number, from: Date) => new Date(from.getTime() + count * 3_600_000);

  it('is two hours after the period, and then a few times a day', () => {
    expect(next({})).toEqual(hours(2, end));
    expect(next({ status: 'trialing' })).toEqual(hours(2, end));
    expect(next({}, hours(2, end))).toEqual(hours(8, end));
    expect(next({ status: 'past_due' })).toEqual(hours(6, now));
    expect(next({ status: 'unpaid' })).toEqual(hours(6, now));
  });

  it('comes soon at first, then hourly, while the first payment is missing', () => {
    const after = (seconds: number) => new Date(createdAt.getTime() + seconds * 1000);
    for (const [age, wait] of [
      [0, 30],
      [30, 30],
      [600, 600],
      [90_000, 3_600],
    ] as const) {
      const on = after(age);
      const found = next({ status: 'incomplete', periodEnd: null }, on);
      expect(found).toEqual(new Date(on.getTime() + wait * 1000));
    }
  });

  it('does not come when it is over', () => {
    for (const status of ['canceled', 'incomplete_expired']) expect(next({ status })).toBeNull();
  });
});
