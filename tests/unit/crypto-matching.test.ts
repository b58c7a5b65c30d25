import { describe, expect, it } from 'vitest';
import { type Awaited, aroundOf, matchTransfer } from '#src/crypto/match-rules.ts';

const address = `0x${'5b'.repeat(20)}`;
const one = (index: number): Awaited => {
  const kind = { accountKind: 'address' as const, contract: null };
  return { tenantId: `brand-${index % 2}`, id: `payment-${index}`, address, ...kind, payUnits: BigInt(1_000 + index) };
};

describe('what a transfer is for', () => {
  it('at an address that many pay to costs the same, however many they are', () => {
    const awaited = Array.from({ length: 10_000 }, (_, index) => one(index));
    const started = performance.now();
    const around = aroundOf({ awaited, owners: [{ tenantId: 'brand-2', contracts: ['0xaa'] }] });
    for (let units = 0n; units < 1_000n; units += 1n) {
      expect(matchTransfer({ contract: null, units }, around)).toHaveLength(3);
    }
    expect(matchTransfer({ contract: null, units: 1_007n }, around)).toEqual([
      { tenantId: 'brand-1', paymentId: 'payment-7', verdict: 'credited' },
      { tenantId: 'brand-2', paymentId: null, verdict: 'wrong_asset' },
      { tenantId: 'brand-0', paymentId: null, verdict: 'unmatched' },
    ]);
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  it('is that of the brand which receives there now, before one that did once', () => {
    const [former, holder] = [one(2), { ...one(3), payUnits: 1_002n }];
    const around = aroundOf({ awaited: [former, holder], owners: [{ tenantId: 'brand-1', contracts: [null] }] });
    expect(matchTransfer({ contract: null, units: 1_002n }, around)).toMatchObject([
      { paymentId: holder.id },
      { tenantId: 'brand-0', paymentId: null },
    ]);
  });

  it('is the oldest of those that ask for it, and of an unknown token it is noted', () => {
    const [older, younger] = [one(1), { ...one(3), payUnits: 1_001n }];
    const around = aroundOf({ awaited: [older, younger], owners: [] });
    expect(matchTransfer({ contract: null, units: 1_001n }, around)).toMatchObject([{ paymentId: older.id }]);
    expect(matchTransfer({ contract: '0xbb', units: 1_001n }, around)).toEqual([
      { tenantId: 'brand-1', paymentId: null, verdict: 'wrong_asset' },
    ]);
  });
});
