import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ageOfRate, canTakeLate, computeAskedUnits, computePayUnits, uriOf } from '#src/crypto/amount-rules.ts';
import { canMark, decideStanding, type Facts } from '#src/crypto/standing-rules.ts';
import { fromUnits, toUnits } from '#src/lib/decimal.ts';

describe('amounts', () => {
  it('are the same text back, whatever the places', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }), fc.integer({ min: 0, max: 36 }), (units, places) => {
        expect(toUnits(fromUnits(units, places), places)).toBe(units);
      }),
    );
    expect(toUnits('0.0000001', 6)).toBeNull();
    expect(['1e3', '-1', '', '.5', '1.', '1,5'].map((text) => toUnits(text, 18))).toEqual(Array(6).fill(null));
    expect(fromUnits(-2_500_000n, 6)).toBe('-2.5');
  });

  it('are the least at the precision that is worth the price', () => {
    const cents = fc.integer({ min: 1, max: 99_999_999 });
    const rates = fc.bigInt({ min: 1n, max: 10n ** 15n });
    fc.assert(
      fc.property(cents, rates, fc.integer({ min: 0, max: 18 }), (amount, rate, precision) => {
        const priced = { amount, currency: 'EUR', rate: fromUnits(rate, 8), decimals: 18, precision };
        const units = computePayUnits(priced);
        const step = 10n ** BigInt(18 - precision);
        const worth = (of: bigint) => of * rate * 100n;
        const price = BigInt(amount) * 10n ** 26n;
        expect(units % step).toBe(0n);
        expect(worth(units) >= price).toBe(true);
        expect(worth(units - step) < price).toBe(true);
      }),
    );
  });

  it('at one address differ for a thousand payers, and are never less', () => {
    const asked = Array.from({ length: 1000 }, (_, index) =>
      computeAskedUnits(7_500_000_000_000_001n, { kind: 'address', index, decimals: 18, precision: 8 }),
    );
    expect(new Set(asked).size).toBe(1000);
    expect(asked.every((units) => units >= 7_500_000_000_000_001n && units % 10n ** 10n === 0n)).toBe(true);
  });

  it('at one address cost a payer a hundredth more at most, and few units where there are few', () => {
    const whole = (units: bigint, index: number, places = 0) =>
      computeAskedUnits(units, { kind: 'address', index, decimals: places, precision: places });
    for (const units of [2_000n, 5_601n, 77_777n, 10n ** 12n]) {
      for (let index = 0; index < 1_000; index += 1) {
        const asked = whole(units, index, 8);
        expect(asked >= units && (asked - units) * 100n <= units).toBe(true);
      }
    }
    expect(new Set(Array.from({ length: 30 }, (_, index) => whole(150n, index, 2)))).toEqual(
      new Set([150n, 151n, 152n, 153n, 154n, 155n, 156n, 157n, 158n, 159n]),
    );
  });

  it('are asked for by EIP-681, from rates that are young', () => {
    const at = { address: '0xAb', chainId: 5, units: 7n };
    expect(uriOf({ ...at, contract: null })).toBe('ethereum:0xAb@5?value=7');
    expect(uriOf({ ...at, contract: '0xcd' })).toBe('ethereum:0xcd@5/transfer?address=0xAb&uint256=7');
    const now = new Date('2026-11-23T12:00:00Z');
    const before = (seconds: number) => new Date(now.getTime() - seconds * 1000);
    expect([0, 300, 301, -60, -61].map((seconds) => ageOfRate(before(seconds), now))).toEqual([0, 300, null, 0, null]);
    expect(canTakeLate({ paid: 990n, priceNow: 1000n, withinBps: 101 })).toBe(false);
    expect(canTakeLate({ paid: 991n, priceNow: 1000n, withinBps: 100 })).toBe(true);
  });
});

const START = new Date('2026-11-23T12:00:00Z');
const minutes = (n: number) => new Date(START.getTime() + n * 60_000);
const facts = (change: Partial<Facts>): Facts => ({
  ...{ payUnits: 100n, toleranceBps: 0, requiredConfirmations: 3, expiresAt: minutes(15), monitorUntil: minutes(1440) },
  policies: { under: { action: 'top_up' }, over: { action: 'refund' }, late: { action: 'refund' } },
  ...{ status: 'new', additionalStatus: 'none', isFixed: false, isLateTaken: null, isClosed: false, isCanceled: false },
  ...{ lostUnits: 0n, usedUnits: 0n, returnedUnits: 0n, keptUnits: null, owedAs: null, lostAt: [] },
  ...{ transfers: [], head: 10, syncedAt: minutes(1), now: minutes(1) },
  ...change,
});
const came = (units: bigint, blockNumber = 8, at = 1, reversedAt: Date | null = null) => {
  return { units, blockNumber, blockAt: minutes(at), reversedAt };
};

describe('how a payment stands', () => {
  it('by the word of an admin takes no credit back that is in use, while what pays for it is not confirmed', () => {
    const marked = {
      status: 'settled',
      additionalStatus: 'marked',
      isFixed: true,
      keptUnits: 30n,
      usedUnits: 40n,
    } as const;
    const at = (head: number) =>
      decideStanding(facts({ ...marked, head, transfers: [came(40n), came(30n, 10)] })).owedUnits;
    expect([at(10), at(12)]).toEqual([40n, 40n]);
    expect(decideStanding(facts({ ...marked, transfers: [came(20n)] })).owedUnits).toBe(20n);
  });

  it.each([
    ['nothing came', {}, 'new none'],
    ['not confirmed enough', { transfers: [came(100n, 9)] }, 'processing none'],
    ['just confirmed enough', { transfers: [came(100n, 8)] }, 'settled none'],
    ['a part confirmed, a part not', { transfers: [came(60n, 8), came(40n, 9)] }, 'processing none'],
    ['too much', { transfers: [came(101n)] }, 'settled over'],
    ['within the tolerance', { toleranceBps: 100, transfers: [came(99n)] }, 'settled none'],
    ['nothing, with all tolerated', { toleranceBps: 10_000 }, 'new none'],
    ['its time is over', { now: minutes(16), syncedAt: minutes(16) }, 'expired none'],
    ['its time is over, and the chain was not read', { now: minutes(60), syncedAt: minutes(14) }, 'new none'],
    ['the same, but for its last block', { now: minutes(16), syncedAt: minutes(15.2) }, 'new none'],
    ['canceled, and paid', { isCanceled: true, isClosed: true, transfers: [came(100n)] }, 'expired late'],
    [
      'reversed',
      { status: 'settled', transfers: [came(100n, 8, 1, minutes(2))], now: minutes(30), syncedAt: minutes(30) },
      'new none',
    ],
    [
      'taken though short, and dust that came on top was undone',
      {
        ...{ status: 'settled', additionalStatus: 'partial', now: minutes(30), syncedAt: minutes(30) },
        policies: { under: { action: 'accept' }, over: { action: 'refund' }, late: { action: 'refund' } },
        transfers: [came(99n), came(1n, 9, 20, minutes(29))],
      },
      'settled partial',
    ],
    ['paid by credit alone', { payUnits: 0n }, 'settled none'],
    ['its credit is lost', { payUnits: 60n, lostUnits: 40n, transfers: [came(60n)] }, 'new partial'],
    ['a part was sent back', { returnedUnits: 1n, transfers: [came(100n)] }, 'new partial'],
    [
      'over, and given away as credit',
      { isClosed: true, usedUnits: 40n, transfers: [came(60n), came(70n)], now: minutes(30), syncedAt: minutes(30) },
      'expired partial',
    ],
    [
      'paid in time, told late',
      { isClosed: true, transfers: [came(100n)], now: minutes(30), syncedAt: minutes(30) },
      'settled none',
    ],
    [
      'the same, but nothing is left',
      { isClosed: true, isLateTaken: false, transfers: [came(100n)], now: minutes(30), syncedAt: minutes(30) },
      'expired none',
    ],
  ] as [string, Partial<Facts>, string][])('%s', (_name, change, expected) => {
    const { status, additionalStatus } = decideStanding(facts(change));
    expect(`${status} ${additionalStatus}`).toBe(expected);
  });

  it('is looked at with the next confirmation, and when time may change it', () => {
    const standing = decideStanding(facts({ transfers: [came(60n, 9), came(40n, 10)] }));
    expect(standing.checkBlock).toBe(11);
    expect(standing.checkAt).toEqual(new Date(minutes(15).getTime() + 1));
  });

  it('is looked at again soon while the chain is not read up to the end of its time', () => {
    const behind = decideStanding(facts({ now: minutes(16), syncedAt: minutes(14) }));
    expect(behind.checkAt).toEqual(minutes(16.5));
    const top = { transfers: [came(60n, 8)], now: minutes(1441), syncedAt: minutes(1439) };
    expect(decideStanding(facts(top)).checkAt).toEqual(minutes(1441.5));
  });

  it('is marked from where it may be', () => {
    expect(canMark('settled', 'invalid')).toBe(false);
    expect(canMark('invalid', 'settled')).toBe(true);
    expect(canMark('new', 'settled')).toBe(true);
  });
});
