import { describe, expect, it } from 'vitest';
import { apiKeyCodes } from '#schemas/api-keys.ts';
import {
  computeOverlapEnd,
  decideCredits,
  decideKeyCode,
  decideUsageDays,
  isEnded,
  nextRefills,
  settleCredits,
  sumByDay,
} from '#src/api-keys/rules.ts';
import { API_KEY_PATTERN, isApiKey, newApiKey, startOf } from '#src/lib/api-key.ts';
import { readCredential } from '#src/lib/credentials.ts';

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** CRC-32 (IEEE 802.3) bit by bit: apart from the one of Node that the product takes. */
function crc32(text: string): number {
  let rest = 0xffffffff;
  for (const byte of Buffer.from(text)) {
    rest ^= byte;
    for (let bit = 0; bit < 8; bit += 1) rest = (rest >>> 1) ^ (rest & 1 ? 0xedb88320 : 0);
  }
  return (rest ^ 0xffffffff) >>> 0;
}

const numberOf = (digits: string) => [...digits].reduce((sum, digit) => sum * 62 + DIGITS.indexOf(digit), 0);
const swap = (text: string, index: number) =>
  text.slice(0, index) + (text[index] === 'a' ? 'b' : 'a') + text.slice(index + 1);

describe('an API key', () => {
  it('is ttx_, 30 random base62 digits and their CRC-32 in 6 more', () => {
    expect(crc32('123456789')).toBe(0xcbf43926);
    for (let index = 0; index < 500; index += 1) {
      const key = newApiKey();
      expect(key).toMatch(/^ttx_[0-9A-Za-z]{36}$/);
      expect(key).toMatch(API_KEY_PATTERN);
      expect(numberOf(key.slice(34))).toBe(crc32(key.slice(0, 34)));
      expect(isApiKey(key)).toBe(true);
    }
  });

  it('is random in every digit, evenly', () => {
    const keys = Array.from({ length: 2_000 }, newApiKey);
    expect(new Set(keys).size).toBe(keys.length);
    const counts = new Map<string, number>();
    for (const digit of keys.flatMap((key) => [...key.slice(4, 34)])) counts.set(digit, (counts.get(digit) ?? 0) + 1);
    expect(counts.size).toBe(62);
    // 60,000 digits: 968 of each are expected, with a deviation of 31.
    for (const count of counts.values()) expect(Math.abs(count - 60_000 / 62)).toBeLessThan(190);
  });

  it('is no key with any one character changed', () => {
    const key = newApiKey();
    for (let index = 0; index < key.length; index += 1) expect(isApiKey(swap(key, index))).toBe(false);
  });

  it('is no key shortened, lengthened, in another case or with a line end', () => {
    const key = newApiKey();
    const others = ['', 'ttx_', key.slice(1), key.slice(0, -1), `${key}0`, `${key}\n`, ` ${key}`, key.toUpperCase()];
    expect(others.filter(isApiKey)).toEqual([]);
  });

  it('is known to people by its first 12 characters', () => {
    const key = newApiKey();
    expect(startOf(key)).toBe(key.slice(0, 12));
  });
});

describe('the credential of a request', () => {
  const key = newApiKey();
  const refused = (code: string) => expect.objectContaining({ code, statusCode: 401 });

  it.each([
    ['none', {}, null],
    ['a key in its own header', { 'x-api-key': key }, { type: 'apiKey', key }],
    ['a key as a bearer', { authorization: `Bearer ${key}` }, { type: 'apiKey', key }],
    ['the same key in both', { authorization: `bearer ${key}`, 'x-api-key': key }, { type: 'apiKey', key }],
    ['an access token', { authorization: 'Bearer a.b.c' }, { type: 'accessToken', token: 'a.b.c' }],
  ])('is %s', (_name, headers, expected) => {
    expect(readCredential(headers)).toEqual(expected);
  });

  it.each([
    ['two keys', { authorization: `Bearer ${newApiKey()}`, 'x-api-key': key }, 'UNAUTHORIZED'],
    ['an access token and a key', { authorization: 'Bearer a.b.c', 'x-api-key': key }, 'UNAUTHORIZED'],
    ['a scheme that we do not have, beside a key', { authorization: 'Basic YTpi', 'x-api-key': key }, 'UNAUTHORIZED'],
    ['an empty key', { 'x-api-key': '' }, 'INVALID_API_KEY'],
    ['two keys in one header', { 'x-api-key': `${key}, ${key}` }, 'INVALID_API_KEY'],
    ['a key with a wrong checksum', { authorization: `Bearer ${swap(key, 20)}` }, 'INVALID_API_KEY'],
  ])('is not %s', (_name, headers, code) => {
    expect(() => readCredential(headers)).toThrow(refused(code));
  });
});

const now = new Date('2026-11-23T12:00:00.000Z');
const inMs = (ms: number) => new Date(now.getTime() + ms);
const live = { enabled: true, expiresAt: null, revokedAt: null, scopes: ['read'] as const };
const question = { scope: undefined, quota: { remaining: 1 }, credits: null, isRateLimited: false, now };

describe('the verdict on a key', () => {
  it.each([
    ['VALID', {}, {}],
    ['VALID', { expiresAt: inMs(1) }, { scope: 'read' as const }],
    ['VALID', {}, { quota: { remaining: null } }],
    ['REVOKED', { revokedAt: now, expiresAt: inMs(-1), enabled: false }, {}],
    ['EXPIRED', { expiresAt: now, enabled: false }, {}],
    ['DISABLED', { enabled: false }, { scope: 'write' as const }],
    ['INSUFFICIENT_PERMISSIONS', {}, { scope: 'write' as const, isRateLimited: true }],
    ['RATE_LIMITED', {}, { isRateLimited: true, quota: { remaining: 0 } }],
    ['USAGE_EXCEEDED', {}, { quota: { remaining: 0 } }],
    ['USAGE_EXCEEDED', {}, { credits: { remaining: 0 } }],
    ['RATE_LIMITED', {}, { isRateLimited: true, credits: { remaining: 0 } }],
    ['VALID', {}, { credits: { remaining: 1 } }],
  ])('is %s for %j asked %j', (code, key, asked) => {
    expect(apiKeyCodes).toContain(code);
    expect(decideKeyCode({ ...live, ...key }, { ...question, ...asked })).toBe(code);
  });

  it('lets a key live until the instant before its expiry', () => {
    expect([-1, 0, 1].map((ms) => isEnded({ expiresAt: inMs(ms), revokedAt: null }, now))).toEqual([true, true, false]);
  });
});

describe('the end of a replaced key', () => {
  it.each([
    [null, 0, 0],
    [null, 60, 60_000],
    [inMs(30_000), 60, 30_000],
    [inMs(60_000), 60, 60_000],
    [inMs(90_000), 60, 60_000],
  ])('of one that ends at %s is after %i s of overlap, never later than before', (expiresAt, overlapSeconds, ms) => {
    expect(computeOverlapEnd({ expiresAt }, { overlapSeconds, now })).toEqual(inMs(ms));
  });
});

describe('credits', () => {
  const at = (text: string) => new Date(text);
  const none = { refillAmount: null, refillInterval: null, refillsAt: null };
  const daily = {
    remaining: 3,
    refillAmount: 5,
    refillInterval: 'day' as const,
    refillsAt: at('2026-11-24T00:00:00Z'),
  };
  const monthly = { ...daily, refillInterval: 'month' as const, refillsAt: at('2026-12-01T00:00:00Z') };

  it.each([
    ['2026-11-23T12:00:00.000Z', '2026-11-24', '2026-12-01'],
    ['2026-11-23T00:00:00.000Z', '2026-11-24', '2026-12-01'],
    ['2026-12-31T23:59:59.999Z', '2027-01-01', '2027-01-01'],
    ['2028-02-28T23:59:59.999Z', '2028-02-29', '2028-03-01'],
    ['2027-01-31T09:00:00.000Z', '2027-02-01', '2027-02-01'],
    ['1969-12-31T12:00:00.000Z', '1970-01-01', '1970-01-01'],
  ])('refill after %s on %s by day, on %s by month, at midnight UTC', (instant, day, month) => {
    expect(nextRefills(at(instant))).toEqual({ day: at(day), month: at(month) });
  });

  it('are refilled from the instant on, to the amount, however many turns were missed and whatever is left', () => {
    expect(settleCredits(daily, at('2026-11-23T23:59:59.999Z'))).toBe(daily);
    const next = { ...daily, remaining: 5, refillsAt: at('2026-11-25') };
    expect(settleCredits(daily, at('2026-11-24T00:00:00.000Z'))).toEqual(next);
    expect(settleCredits({ ...daily, remaining: 900 }, at('2026-11-24'))).toEqual(next);
    expect(settleCredits({ ...daily, remaining: 0 }, at('2027-02-03T04:05:06Z'))).toEqual({
      ...next,
      refillsAt: at('2027-02-04'),
    });
    expect(settleCredits(monthly, at('2027-02-03'))).toEqual({ ...monthly, remaining: 5, refillsAt: at('2027-03-01') });
    const plain = { remaining: 0, ...none };
    expect(settleCredits(plain, at('2099-01-01'))).toBe(plain);
  });

  const month = { amount: 7, interval: 'month' as const };
  const inMonth = { refillAmount: 7, refillInterval: 'month', refillsAt: at('2026-12-01') };
  it.each([
    ['new', null, { remaining: 9 }, { remaining: 9, ...none }],
    ['new, without a refill', null, { remaining: 0, refill: null }, { remaining: 0, ...none }],
    ['new, with a refill', null, { remaining: 9, refill: month }, { remaining: 9, ...inMonth }],
    ['as they are', daily, {}, daily],
    ['of another number', daily, { remaining: 9 }, { ...daily, remaining: 9 }],
    ['of another refill', daily, { refill: month }, { remaining: 3, ...inMonth }],
    ['refilled no more', daily, { refill: null }, { remaining: 3, ...none }],
    ['refilled first when that is due', { ...daily, refillsAt: now }, { refill: null }, { remaining: 5, ...none }],
  ])('are decided %s', (_name, before, asked, credits) => {
    expect(decideCredits(before, { asked, now })).toEqual({ ok: true, credits });
  });

  it('need a number where there is none', () => {
    for (const asked of [{}, { refill: month }, { refill: null }]) {
      expect(decideCredits(null, { asked, now })).toMatchObject({ ok: false, reason: { field: 'credits.remaining' } });
    }
  });
});

describe('a usage report', () => {
  it('covers the last thirty days, or thirty before its end, or what is asked', () => {
    expect(decideUsageDays({}, now)).toEqual({ ok: true, from: '2026-10-25', to: '2026-11-23' });
    expect(decideUsageDays({ to: '2026-03-01' }, now)).toEqual({ ok: true, from: '2026-01-31', to: '2026-03-01' });
    expect(decideUsageDays({ from: '2026-11-23' }, now)).toEqual({ ok: true, from: '2026-11-23', to: '2026-11-23' });
  });

  it('covers at most 92 days, forwards', () => {
    expect(decideUsageDays({ from: '2026-08-24' }, now)).toMatchObject({ ok: true });
    expect(decideUsageDays({ from: '2026-08-23' }, now)).toMatchObject({ ok: false, reason: { field: 'from' } });
    expect(decideUsageDays({ from: '2026-11-24' }, now)).toMatchObject({ ok: false, reason: { field: 'to' } });
  });

  it('sums the operations of each day', () => {
    const row = (day: string, operation: string, requests: number) => ({ day, operation, requests, failed: 1 });
    const days = sumByDay([row('2026-11-22', 'a', 2), row('2026-11-22', 'b', 3), row('2026-11-23', 'a', 5)]);
    expect(days.map(({ day, requests, failed }) => [day, requests, failed])).toEqual([
      ['2026-11-22', 5, 2],
      ['2026-11-23', 5, 1],
    ]);
    expect(days[0]?.operations).toEqual([
      { operation: 'a', requests: 2, failed: 1 },
      { operation: 'b', requests: 3, failed: 1 },
    ]);
  });
});
