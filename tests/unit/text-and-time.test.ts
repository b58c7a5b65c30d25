import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newId } from '#src/lib/ids.ts';
import { newRequestId, requestIdFrom } from '#src/lib/request-id.ts';
import { normalizeEmail, slugify } from '#src/lib/text.ts';
import { addSeconds, earlier, secondsUntil } from '#src/lib/time.ts';

fc.configureGlobal({ seed: 20_261_123 });

describe('normalizeEmail', () => {
  it.each([
    ['Ada@Example.COM', 'ada@example.com'],
    ['  ada@example.com\t', 'ada@example.com'],
    ['ａｄａ@example.com', 'ada@example.com'],
    ['ﬁ@example.com', 'fi@example.com'],
    ['Rene\u0301@example.com', 'ren\u00e9@example.com'],
  ])('%s is %s', (given, expected) => expect(normalizeEmail(given)).toBe(expected));
});

describe('slugify', () => {
  it.each([
    ['Leith Walk', 'leith-walk'],
    ['  --Ça va, René?--  ', 'ca-va-rene'],
    ['東京', ''],
    ['', ''],
    ['___', ''],
    ['ﬁne № 5', 'fine-no-5'],
    ['a'.repeat(80), 'a'.repeat(63)],
    [`${'a'.repeat(62)} b`, 'a'.repeat(62)],
  ])('of %j is %j', (given, expected) => expect(slugify(given)).toBe(expected));

  it('is empty or a slug that the schema takes, and settles at once', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (text) => {
        const slug = slugify(text);
        expect(slug).toMatch(/^$|^[a-z0-9]+(?:-[a-z0-9]+)*$/);
        expect(slug.length).toBeLessThanOrEqual(63);
        expect(slugify(slug)).toBe(slug);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('time', () => {
  const now = new Date('2026-11-23T12:00:00.000Z');
  const after = (ms: number) => new Date(now.getTime() + ms);

  it('adds seconds', () => {
    expect(addSeconds(now, 90)).toEqual(after(90_000));
    expect(addSeconds(now, -0.5)).toEqual(after(-500));
  });

  it('knows the earlier of two', () => {
    expect(earlier(now, after(1))).toBe(now);
    expect(earlier(after(1), now)).toBe(now);
  });

  it.each([
    [1, 1],
    [1000, 1],
    [1001, 2],
    [30_000, 30],
    [0, 1],
    [-60_000, 1],
  ])('waits %d ms as %d whole seconds', (ms, seconds) => expect(secondsUntil(after(ms), now)).toBe(seconds));

  it('never tells a client to come back too early', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e9, max: 1e9 }), (ms) => {
        const seconds = secondsUntil(after(ms), now);
        expect(seconds * 1000).toBeGreaterThanOrEqual(ms);
        expect(Number.isInteger(seconds) && seconds >= 1).toBe(true);
      }),
    );
  });
});

describe('request ids', () => {
  it.each(['a', 'A1.b_c:d/e+f=g@h-i', 'x'.repeat(128), newId()])('keeps %s', (id) =>
    expect(requestIdFrom(id)).toBe(id),
  );

  it.each([undefined, '', 'x'.repeat(129), 'a b', 'a\nb', 'a\u0000', 'é', '<x>', '"', ['a', 'b']])(
    'replaces %j',
    (id) => {
      expect(requestIdFrom(id)).toMatch(/^[0-9a-f-]{36}$/);
    },
  );

  it('makes a new one each time', () => {
    expect(new Set(Array.from({ length: 100 }, newRequestId)).size).toBe(100);
  });
});

describe('ids', () => {
  it('are UUIDs of version 7 that sort by their making', () => {
    const ids = Array.from({ length: 1000 }, newId);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect([...ids].sort()).toEqual(ids);
    expect(new Set(ids).size).toBe(1000);
  });
});
