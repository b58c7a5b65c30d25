import { describe, expect, it } from 'vitest';
import { instantAtWall, localDay, startOfPeriod, wallTime } from '#src/lib/zoned-time.ts';

const at = (text: string) => new Date(text);

describe('periods by the clock on the wall', () => {
  it.each([
    ['UTC', 'day', '2026-11-23T12:30:00Z', '2026-11-23T00:00:00.000Z'],
    ['America/New_York', 'day', '2026-03-09T03:30:00Z', '2026-03-08T05:00:00.000Z'],
    ['America/New_York', 'day', '2026-11-02T04:59:59Z', '2026-11-01T04:00:00.000Z'],
    ['Asia/Kathmandu', 'day', '2026-11-23T18:14:59Z', '2026-11-22T18:15:00.000Z'],
    ['Asia/Kathmandu', 'hour', '2026-11-23T18:14:59Z', '2026-11-23T17:15:00.000Z'],
    ['Pacific/Kiritimati', 'day', '2026-11-23T10:00:00Z', '2026-11-23T10:00:00.000Z'],
    ['Pacific/Pago_Pago', 'day', '2026-11-23T10:59:59Z', '2026-11-22T11:00:00.000Z'],
    // Midnight does not exist: the day begins at one.
    ['America/Santiago', 'day', '2026-09-06T12:00:00Z', '2026-09-06T04:00:00.000Z'],
    ['Europe/Berlin', 'week', '2026-11-22T22:59:59Z', '2026-11-15T23:00:00.000Z'],
    ['Europe/Berlin', 'week', '2026-11-22T23:00:00Z', '2026-11-22T23:00:00.000Z'],
    ['Europe/Berlin', 'month', '2026-03-31T22:00:00Z', '2026-03-31T22:00:00.000Z'],
    ['Europe/Berlin', 'month', '2026-03-31T21:59:59Z', '2026-02-28T23:00:00.000Z'],
    ['Europe/Berlin', 'all', '2026-03-31T21:59:59Z', '1970-01-01T00:00:00.000Z'],
  ] as const)('%s %s of %s', (zone, period, now, start) => {
    expect(startOfPeriod(zone, at(now), period).toISOString()).toBe(start);
  });

  it('begin once for each instant of them', () => {
    for (let hour = 0; hour < 24 * 60; hour += 1) {
      const now = new Date(Date.UTC(2026, 9, 1) + hour * 3_600_000);
      const start = startOfPeriod('America/New_York', now, 'day');
      expect(start <= now && localDay('America/New_York', start) === localDay('America/New_York', now)).toBe(true);
    }
  });
});

describe('the clock on the wall', () => {
  it('is turned back: the first of two; and forward: the end of the gap', () => {
    const wall = Date.UTC(2026, 10, 1, 1, 30);
    expect(instantAtWall('America/New_York', wall).toISOString()).toBe('2026-11-01T05:30:00.000Z');
    const gap = Date.UTC(2026, 2, 8, 2, 30);
    expect(instantAtWall('America/New_York', gap).toISOString()).toBe('2026-03-08T07:30:00.000Z');
  });

  it('shows milliseconds', () => {
    expect(wallTime('Europe/Berlin', at('2026-11-23T14:15:16.123Z'))).toBe(Date.UTC(2026, 10, 23, 15, 15, 16, 123));
  });
});
