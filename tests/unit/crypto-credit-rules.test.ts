import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { computeCredit, decideBacking, type Use } from '#src/crypto/credit-rules.ts';

const use = fc
  .record({ units: fc.bigInt({ min: 1n, max: 50n }), part: fc.bigInt({ min: 0n, max: 50n }) })
  .map(({ units, part }) => ({ units, lostUnits: part < units ? part : units }));
const uses = fc.array(use, { maxLength: 6 }).map((all) => all.map((one, index) => ({ id: `${index}`, ...one })));
const amount = fc.bigInt({ min: 0n, max: 200n });
const had = ({ units, lostUnits }: Use) => units - lostUnits;
const owed = fc.record({
  owedUnits: amount,
  returnedUnits: amount,
  owedAs: fc.constantFrom('credit' as const, 'refund' as const, null),
});

describe('credit', () => {
  it('backs as much as is left, never more than was taken, and said again it is the same', () => {
    fc.assert(
      fc.property(owed, uses, (of, all) => {
        const left = of.owedUnits > of.returnedUnits ? of.owedUnits - of.returnedUnits : 0n;
        const wanted = all.reduce((sum, { units }) => sum + units, 0n);
        const { units, usedUnits, lost } = decideBacking(of, all);
        expect(usedUnits).toBe(left < wanted ? left : wanted);
        expect(units).toBe(of.owedAs === 'credit' ? left : usedUnits);
        const after = all.map((one) => ({ ...one, lostUnits: lost.get(one.id) ?? -1n }));
        expect(after.every((one) => one.lostUnits >= 0n && one.lostUnits <= one.units)).toBe(true);
        expect(after.reduce((sum, one) => sum + had(one), 0n)).toBe(usedUnits);
        expect(decideBacking(of, after)).toEqual({ units, usedUnits, lost });
      }),
    );
  });

  it('that somebody has is lost only where less is left than all have', () => {
    fc.assert(
      fc.property(uses, amount, (all, more) => {
        const enough = all.reduce((sum, one) => sum + had(one), 0n) + more;
        const { lost } = decideBacking({ owedUnits: enough, owedAs: 'credit', returnedUnits: 0n }, all);
        for (const { id, lostUnits } of all) expect((lost.get(id) ?? 0n) <= lostUnits).toBe(true);
      }),
    );
  });

  it('is lost first by whoever took last, and had again first by whoever took first', () => {
    const taken = ['a', 'b', 'c'].map((id) => ({ id, units: 10n, lostUnits: 0n }));
    const of = (owedUnits: bigint) => ({ owedUnits, owedAs: 'credit' as const, returnedUnits: 0n });
    const { lost } = decideBacking(of(12n), taken);
    expect([...lost.values()]).toEqual([0n, 8n, 10n]);
    const after = taken.map((one) => ({ ...one, lostUnits: lost.get(one.id) ?? 0n }));
    expect([...decideBacking(of(22n), after).lost.values()]).toEqual([0n, 0n, 8n]);
  });

  it('is taken off in whole steps, and never more than the price', () => {
    const asset = { decimals: 6, precision: 2 };
    expect(computeCredit({ free: 123_456n, price: 1_000_000n, ...asset })).toBe(120_000n);
    expect(computeCredit({ free: 9_999n, price: 1_000_000n, ...asset })).toBe(0n);
    expect(computeCredit({ free: 5_000_000n, price: 1_000_000n, ...asset })).toBe(1_000_000n);
  });
});
