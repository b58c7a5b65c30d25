import { describe, expect, it } from 'vitest';
import { isWeak, missingPlaces, readLines } from '#src/coupons/code-rules.ts';
import { decidePause } from '#src/coupons/pause-rules.ts';
import { periodStarts } from '#src/coupons/series-rules.ts';
import { basisOf, isOnOffer, stripeTermsOf } from '#src/coupons/stripe-rules.ts';
import { firstFields } from '#src/lib/csv.ts';

const gift = {
  ...{ name: 'Welcome', kind: 'percent' as const, percentOff: 20, amountOff: null, currency: null },
  ...{ currencyOptions: {}, maxDiscount: null, duration: 'once' as const, durationInMonths: null },
};
const at = (text: string) => new Date(text);
const DAY = 86_400_000;

describe('a coupon in the words of the processor', () => {
  const now = at('2026-01-31T12:00:00Z');
  const period = { discount: 200, currency: 'EUR', paidAt: null, now };

  it.each([
    [{}, { percentOff: 20, amountOff: null, currency: null, duration: 'once', months: null }],
    [{ duration: 'forever' as const }, { percentOff: 20, duration: 'forever', months: null }],
    [
      { duration: 'repeating' as const, durationInMonths: 3 },
      { duration: 'repeating', months: 3 },
    ],
    [
      { kind: 'amount' as const, percentOff: null, amountOff: 900 },
      { percentOff: null, amountOff: 200, currency: 'EUR' },
    ],
    [{ maxDiscount: 200 }, { percentOff: null, amountOff: 200, currency: 'EUR' }],
    [{ name: 'n'.repeat(120) }, { name: 'n'.repeat(40) }],
  ])('of %j has the terms %j', (fields, terms) => {
    expect(stripeTermsOf({ ...gift, ...fields }, period)).toMatchObject(terms);
  });

  it.each([
    { days: 1, months: 1 },
    { days: 27, months: 1 },
    // The 28th of February is a month after the 31st of January.
    { days: 28, months: 2 },
    { days: 30, months: 2 },
    { days: 90, months: 4 },
  ])('covers the first payment after a trial of $days days, and not the second', ({ days, months }) => {
    const paidAt = new Date(now.getTime() + days * DAY);
    const once = stripeTermsOf(gift, { ...period, paidAt });
    expect(once).toMatchObject({ duration: 'repeating', months });
    const thrice = stripeTermsOf({ ...gift, duration: 'repeating', durationInMonths: 3 }, { ...period, paidAt });
    expect(thrice.months).toBe(months + 2);
    expect(stripeTermsOf({ ...gift, duration: 'forever' }, { ...period, paidAt }).months).toBeNull();
  });

  it('is made anew for other terms alone', () => {
    expect(basisOf(gift)).toBe(basisOf({ ...gift }));
    for (const other of [{ percentOff: 21 }, { name: 'Hi' }, { maxDiscount: 5 }, { duration: 'forever' as const }]) {
      expect(basisOf({ ...gift, ...other })).not.toBe(basisOf(gift));
    }
  });

  it('is on offer while it can be used', () => {
    const open = {
      ...{ active: true, pausedAt: null, archivedAt: null, startsAt: null, endsAt: null },
      ...{ maxRedemptions: 3, claimed: 1, reserved: 0, redeemed: 1 },
    };
    expect(isOnOffer(open, now)).toBe(true);
    expect(isOnOffer({ ...open, reserved: 1 }, now)).toBe(false);
    expect(isOnOffer({ ...open, startsAt: new Date(now.getTime() + 1) }, now)).toBe(false);
    for (const end of [{ active: false }, { pausedAt: now }, { archivedAt: now }, { endsAt: now }]) {
      expect(isOnOffer({ ...open, ...end }, now)).toBeNull();
    }
  });
});

describe('codes', () => {
  it('need 40 bits', () => {
    expect(missingPlaces('########', 'alphanumeric')).toBe(0);
    expect(missingPlaces('SUMMER', 'alphanumeric')).toBe(8);
    expect(missingPlaces('########', 'letters')).toBe(1);
    expect(missingPlaces('####-####', 'digits')).toBe(5);
  });

  it('from elsewhere are weak when they are short', () => {
    expect(['SALE10', '123456789012', 'ABCDEFG'].map(isWeak)).toEqual([true, true, true]);
    expect(['ABCD-EFGH', '1234567890123'].map(isWeak)).toEqual([false, false]);
  });

  it('are read from lines and from CSV', () => {
    const lines = ['one-1', ' ONE-1 ', '', 'ſale-1', 'two-2'];
    expect(readLines(lines).codes.map(({ codeKey }) => codeKey)).toEqual(['ONE-1', 'TWO-2']);
    expect(readLines(lines).rejected.map(({ line, problem }) => [line, problem])).toEqual([
      [2, 'DUPLICATE'],
      [4, 'INVALID'],
    ]);
    expect(firstFields('\uFEFFCode,used\r\n"A-1",x\nB-2;y\rC-3\tz\n', 'code')).toEqual(['', 'A-1', 'B-2', 'C-3', '']);
    expect(firstFields('A-1\ncode', 'code')).toEqual(['A-1', 'code']);
  });
});

describe('an abnormal rate', () => {
  const rule = { minimum: 20, factor: 5 };
  const now = at('2026-11-20T12:00:00Z');
  const coupon = { createdAt: new Date(now.getTime() - 30 * DAY), resumedAt: null, pausedRate: null };

  it.each([
    [{ lastHour: 19, weekBefore: 0 }, {}, null],
    [{ lastHour: 20, weekBefore: 0 }, {}, 20],
    [{ lastHour: 49, weekBefore: 1680 }, {}, null],
    [{ lastHour: 50, weekBefore: 1680 }, {}, 50],
    // Of one that is young the mean is of its own hours, but of a day at least.
    [{ lastHour: 30, weekBefore: 240 }, { createdAt: new Date(now.getTime() - 2 * DAY) }, 25],
    [{ lastHour: 20, weekBefore: 96 }, { createdAt: new Date(now.getTime() - 3_600_000) }, 20],
    // What somebody has let go on may double within a week.
    [{ lastHour: 59, weekBefore: 30 }, { resumedAt: new Date(now.getTime() - DAY), pausedRate: 30 }, null],
    [{ lastHour: 60, weekBefore: 30 }, { resumedAt: new Date(now.getTime() - DAY), pausedRate: 30 }, 60],
    [{ lastHour: 20, weekBefore: 30 }, { resumedAt: new Date(now.getTime() - 8 * DAY), pausedRate: 30 }, 20],
  ])('%j of %j is %j', (redemptions, fields, normal) => {
    expect(decidePause(rule, redemptions, { coupon: { ...coupon, ...fields }, now })).toBe(normal);
  });
});

describe('periods of a range', () => {
  it('begin at midnight, on Monday and on the first of the month', () => {
    const starts = (interval: 'day' | 'week' | 'month', from: string, to: string) =>
      periodStarts({ timezone: 'Asia/Kathmandu', interval, from: at(from), to: at(to) })?.map((start) =>
        start.toISOString(),
      );
    expect(starts('day', '2026-01-01T18:15:00Z', '2026-01-03T18:15:00Z')).toEqual([
      '2026-01-01T18:15:00.000Z',
      '2026-01-02T18:15:00.000Z',
    ]);
    expect(starts('week', '2026-01-01T00:00:00Z', '2026-01-05T00:00:00Z')).toEqual([
      '2025-12-28T18:15:00.000Z',
      '2026-01-04T18:15:00.000Z',
    ]);
    expect(starts('month', '2026-01-31T18:14:59Z', '2026-01-31T18:15:01Z')).toEqual([
      '2025-12-31T18:15:00.000Z',
      '2026-01-31T18:15:00.000Z',
    ]);
  });
});
