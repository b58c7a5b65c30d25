import type { TransferVerdict } from '#schemas/crypto-payments.ts';

type Moved = { to: string; contract: string | null; units: bigint };
export type Awaited = {
  tenantId: string;
  id: string;
  address: string;
  accountKind: 'xpub' | 'address';
  contract: string | null;
  payUnits: bigint;
};
export type Match = { tenantId: string; paymentId: string | null; verdict: TransferVerdict };
type Around = {
  /** What is awaited at the address, the oldest first. */
  awaited: readonly Awaited[];
  /** The brands that receive at this address. */
  owners: readonly { tenantId: string; contracts: readonly (string | null)[] }[];
};

/**
 * Which payment a transfer is for. At an address of its own: that payment, if it is the asset it asks for. At an address
 * that many pay to: the one that asks for exactly this amount. What fits none is noted for the brand.
 */
export function matchTransfer({ contract, units }: Moved, { awaited, owners }: Around): Match[] {
  const own = awaited.find(({ accountKind }) => accountKind === 'xpub');
  if (own) {
    const verdict = own.contract === contract ? 'credited' : 'wrong_asset';
    return [{ tenantId: own.tenantId, paymentId: own.id, verdict }];
  }
  const exact = awaited.find((one) => one.contract === contract && one.payUnits === units);
  if (exact) return [{ tenantId: exact.tenantId, paymentId: exact.id, verdict: 'credited' }];
  const brands = new Map(owners.map(({ tenantId, contracts }) => [tenantId, contracts]));
  for (const one of awaited) {
    brands.set(one.tenantId, [...(brands.get(one.tenantId) ?? []), one.contract]);
  }
  return [...brands].map(([tenantId, contracts]) => {
    return { tenantId, paymentId: null, verdict: contracts.includes(contract) ? 'unmatched' : 'wrong_asset' };
  });
}
