import type { OwedKind } from '#schemas/crypto-payments.ts';

type Price = { free: bigint; price: bigint; decimals: number; precision: number };

/** How much credit a price takes, in base units: whole steps of the asset's precision, so that what is left to be sent is asked for exactly. */
export function computeCredit({ free, price, decimals, precision }: Price): bigint {
  const step = 10n ** BigInt(decimals - precision);
  const whole = free - (free % step);
  return whole < price ? whole : price;
}

type Owed = { owedUnits: bigint; owedAs: OwedKind | null; returnedUnits: bigint };
export type Use = { id: string; units: bigint };
export type Backing = { units: bigint; usedUnits: bigint; lost: ReadonlyMap<string, bigint> };

/**
 * What a credit is, and what of it is in use, from what is owed now in base units. Those who took of it first have it first.
 * What is owed, but not as credit any more, still backs what was taken; nobody takes more of it.
 */
export function decideBacking({ owedUnits, owedAs, returnedUnits }: Owed, uses: readonly Use[]): Backing {
  const left = owedUnits > returnedUnits ? owedUnits - returnedUnits : 0n;
  const lost = new Map<string, bigint>();
  let room = left;
  for (const { id, units } of uses) {
    const backed = units < room ? units : room;
    room -= backed;
    lost.set(id, units - backed);
  }
  return { units: owedAs === 'credit' ? left : left - room, usedUnits: left - room, lost };
}
