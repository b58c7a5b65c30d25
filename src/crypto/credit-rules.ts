import type { OwedKind } from '#schemas/crypto-payments.ts';

type Price = { free: bigint; price: bigint; decimals: number; precision: number };

/** How much credit a price takes, in base units: whole steps of the asset's precision, so that what is left to be sent is asked for exactly. */
export function computeCredit({ free, price, decimals, precision }: Price): bigint {
  const step = 10n ** BigInt(decimals - precision);
  const whole = free - (free % step);
  return whole < price ? whole : price;
}

type Owed = { owedUnits: bigint; owedAs: OwedKind | null; returnedUnits: bigint };
export type Use = { id: string; units: bigint; lostUnits: bigint };
export type Backing = { units: bigint; usedUnits: bigint; lost: ReadonlyMap<string, bigint> };

/**
 * What a credit is, and what of it is in use, from what is owed now in base units. Who took of it first keeps it first, and has
 * first again what was lost, of what nobody has. What is owed, but not as credit any more, still backs what was taken; nobody
 * takes more of it.
 */
export function decideBacking({ owedUnits, owedAs, returnedUnits }: Owed, uses: readonly Use[]): Backing {
  const left = owedUnits > returnedUnits ? owedUnits - returnedUnits : 0n;
  const backed = new Map<string, bigint>();
  let room = left;
  const give = (id: string, wanted: bigint) => {
    const given = wanted < room ? wanted : room;
    room -= given;
    backed.set(id, (backed.get(id) ?? 0n) + given);
  };
  for (const { id, units, lostUnits } of uses) give(id, units - lostUnits);
  for (const { id, lostUnits } of uses) give(id, lostUnits);
  const lost = new Map(uses.map(({ id, units }) => [id, units - (backed.get(id) ?? 0n)]));
  return { units: owedAs === 'credit' ? left : left - room, usedUnits: left - room, lost };
}
