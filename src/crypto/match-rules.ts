import type { TransferVerdict } from '#schemas/crypto-payments.ts';

type Moved = { contract: string | null; units: bigint };
export type Awaited = {
  tenantId: string;
  id: string;
  address: string;
  accountKind: 'xpub' | 'address';
  contract: string | null;
  payUnits: bigint;
};
export type Match = { tenantId: string; paymentId: string | null; verdict: TransferVerdict };
type Brand = { tenantId: string; contracts: readonly (string | null)[] };
/** What there is to know of an address, put so that a transfer is matched at the same cost however many are awaited. */
export type Around = {
  own: Awaited | undefined;
  byAmount: ReadonlyMap<string, Awaited>;
  brands: ReadonlyMap<string, ReadonlySet<string | null>>;
};

const amountOf = (contract: string | null, units: bigint) => `${contract} ${units}`;

/** `awaited`: what is awaited at the address, the oldest first. `owners`: the brands that receive there. */
export function aroundOf({ awaited, owners }: { awaited: readonly Awaited[]; owners: readonly Brand[] }): Around {
  const byAmount = new Map<string, Awaited>();
  const brands = new Map(owners.map(({ tenantId, contracts }) => [tenantId, new Set(contracts)]));
  // Who receives there now comes before those who did once.
  const isHolder = ({ tenantId }: Awaited) => owners.some((owner) => owner.tenantId === tenantId);
  for (const one of [...awaited.filter(isHolder), ...awaited.filter((other) => !isHolder(other))]) {
    const amount = amountOf(one.contract, one.payUnits);
    if (!byAmount.has(amount)) byAmount.set(amount, one);
    const contracts = brands.get(one.tenantId) ?? new Set();
    brands.set(one.tenantId, contracts.add(one.contract));
  }
  return { own: awaited.find(({ accountKind }) => accountKind === 'xpub'), byAmount, brands };
}

/**
 * Which payment a transfer is for. At an address of its own: that payment, if it is the asset it asks for. At an address
 * that many pay to: the one that asks for exactly this amount. What fits none is noted, for every brand there.
 */
export function matchTransfer({ contract, units }: Moved, { own, byAmount, brands }: Around): Match[] {
  if (own) {
    const verdict = own.contract === contract ? 'credited' : 'wrong_asset';
    return [{ tenantId: own.tenantId, paymentId: own.id, verdict }];
  }
  const exact = byAmount.get(amountOf(contract, units));
  const credited = exact && { tenantId: exact.tenantId, paymentId: exact.id, verdict: 'credited' as const };
  const others = [...brands].filter(([tenantId]) => tenantId !== exact?.tenantId);
  const noted = others.map(([tenantId, contracts]): Match => {
    return { tenantId, paymentId: null, verdict: contracts.has(contract) ? 'unmatched' : 'wrong_asset' };
  });
  return credited ? [credited, ...noted] : noted;
}
