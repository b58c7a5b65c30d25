import { describe, expect, it } from 'vitest';
import { plans } from '#schemas/plans.ts';
import { computeQuota, crossedLevel, monthOf, PLAN_LIMITS } from '#src/plans/rules.ts';

const at = (text: string) => new Date(text);
const now = at('2026-11-23T12:00:00.000Z');
const LIMIT = PLAN_LIMITS.free.requestsPerMonth ?? Number.NaN;

describe('a plan', () => {
  it('lets keys call more the larger it is, and only the largest without end', () => {
    const limits = plans.map((plan) => PLAN_LIMITS[plan]);
    const minutes = limits.map(({ requestsPerMinute }) => requestsPerMinute);
    const months = limits.map(({ requestsPerMonth }) => requestsPerMonth ?? Number.POSITIVE_INFINITY);
    for (const row of [minutes, months]) {
      expect(row).toEqual(row.toSorted((a, b) => a - b));
      expect(new Set(row).size).toBe(plans.length);
    }
    expect(months.filter((month) => month === Number.POSITIVE_INFINITY)).toHaveLength(1);
  });
});

describe('the quota of a month', () => {
  it.each([
    [0, LIMIT],
    [1, LIMIT - 1],
    [LIMIT - 1, 1],
    [LIMIT, 0],
    [LIMIT + 10, 0],
  ])('after %i requests has %i left', (used, remaining) => {
    expect(computeQuota('free', { used, now })).toMatchObject({ limit: LIMIT, used, remaining });
  });

  it('is never used up on a plan without limit', () => {
    expect(computeQuota('scale', { used: 1e12, now })).toMatchObject({ limit: null, used: 1e12, remaining: null });
  });

  it.each([
    ['2026-11-01T00:00:00.000Z', '2026-12-01T00:00:00.000Z'],
    ['2026-11-30T23:59:59.999Z', '2026-12-01T00:00:00.000Z'],
    ['2026-12-31T23:59:59.999Z', '2027-01-01T00:00:00.000Z'],
    ['2028-02-29T12:00:00.000Z', '2028-03-01T00:00:00.000Z'],
  ])('of %s begins anew at %s', (instant, resetsAt) => {
    expect(computeQuota('free', { used: 0, now: at(instant) }).resetsAt).toEqual(at(resetsAt));
  });

  it.each([
    ['2026-11-30T23:59:59.999Z', '2026-11-01'],
    ['2026-12-01T00:00:00.000Z', '2026-12-01'],
    ['2026-12-01T00:30:00+01:00', '2026-11-01'],
  ])('counts %s to %s, in UTC', (instant, month) => {
    expect(monthOf(at(instant))).toBe(month);
  });
});

describe('an alert', () => {
  it.each([
    ['free', 79_998, 79_999, null],
    ['free', 79_999, 80_000, 80],
    ['free', 80_000, 99_999, null],
    ['free', 99_999, 100_000, 100],
    ['free', 0, 100_001, 100],
    ['free', 100_000, 100_001, null],
    ['scale', 0, 1_000_000_000, null],
  ] as const)('for the plan %s from %d to %d is %s', (plan, before, after, level) => {
    expect(crossedLevel(plan, { before, after })).toBe(level);
  });
});
