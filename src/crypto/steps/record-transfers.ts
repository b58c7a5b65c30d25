import type { Db } from '#db/client.ts';
import { insertTimeline, listAwaited, setCryptoDue } from '#db/queries/crypto-payments.ts';
import { listAddressOwners } from '#db/queries/crypto-settings.ts';
import {
  type CryptoTransferRow,
  insertTransfers,
  type NewCryptoTransfer,
  type Spending,
  spendTransfers,
} from '#db/queries/crypto-transfers.ts';
import type { ChainTransfer } from '../../clients/chain-parts.ts';
import { newId } from '../../lib/ids.ts';
import { aroundOf, type Match, matchTransfer } from '../match-rules.ts';

/** A transfer with the block it stands in. */
export type Found = ChainTransfer & { blockNumber: number; blockHash: string; blockAt: Date };
export type Matched = Found & Match;

/** Which of these concern somebody: two questions for however many, over all brands. */
export async function matchTransfers(
  db: Db,
  { chainId, found }: { chainId: number; found: readonly Found[] },
): Promise<Matched[]> {
  const addresses = [...new Set(found.map(({ to }) => to))];
  if (addresses.length === 0) return [];
  const [awaited, owners] = await Promise.all([
    listAwaited(db, { chainId, addresses }),
    listAddressOwners(db, addresses),
  ]);
  const awaitedAt = Map.groupBy(awaited, ({ address }) => address);
  const ownersAt = Map.groupBy(owners, ({ address }) => address);
  const around = new Map(
    addresses.flatMap((address) => {
      const brands = (ownersAt.get(address) ?? []).map(({ tenantId, assets }) => {
        return { tenantId, contracts: contractsOn(chainId, assets) };
      });
      const here = aroundOf({ awaited: awaitedAt.get(address) ?? [], owners: brands });
      return here.brands.size === 0 ? [] : [[address, here] as const];
    }),
  );
  return found.flatMap((transfer) => {
    const here = around.get(transfer.to);
    return here ? matchTransfer(transfer, here).map((match) => ({ ...transfer, ...match })) : [];
  });
}

const contractsOn = (chainId: number, assets: readonly { chainId: number; contract: string | null }[]) =>
  assets.filter((asset) => asset.chainId === chainId).map(({ contract }) => contract);

type Recording = { chainId: number; matched: readonly Matched[]; dueAt?: number; now: Date };

/** Writes down what arrived, once; the payments that it is for are due. */
export async function recordTransfers(tx: Db, recording: Recording): Promise<CryptoTransferRow[]> {
  const { chainId, matched, dueAt, now } = recording;
  if (matched.length === 0) return [];
  const spent = await spend(tx, { chainId, matched });
  const transfers = matched.map((one) => rowOf(one, spent));
  const news = await insertTransfers(tx, { chainId, createdAt: now, transfers });
  const paid = news.flatMap((row) => (row.paymentId === null ? [] : [{ ...row, paymentId: row.paymentId }]));
  if (paid.length === 0) return news;
  await setCryptoDue(tx, paid, dueAt);
  for (const [tenantId, entries] of Map.groupBy(paid, (one) => one.tenantId)) {
    await insertTimeline(tx, { tenantId, createdAt: now, entries: entries.map(entryOf) });
  }
  return news;
}

type Paid = CryptoTransferRow & { paymentId: string };

function entryOf({ paymentId, txHash, logIndex, units, verdict, contract }: Paid) {
  const kind = verdict === 'credited' ? ('seen' as const) : ('wrong_asset' as const);
  return { id: newId(), paymentId, kind, data: { txHash, logIndex, contract, units: units.toString() } };
}

const keyOf = ({ txHash, logIndex }: Pick<Spending, 'txHash' | 'logIndex'>) => `${txHash} ${logIndex}`;

async function spend(tx: Db, { chainId, matched }: Omit<Recording, 'now'>): Promise<Map<string, string>> {
  const spendings = matched.flatMap(({ verdict, paymentId, txHash, logIndex }) =>
    verdict === 'credited' && paymentId !== null ? [{ txHash, logIndex, paymentId }] : [],
  );
  const spent = spendings.length === 0 ? [] : await spendTransfers(tx, { chainId, spendings });
  return new Map(spent.map((one) => [keyOf(one), one.paymentId]));
}

function rowOf(matched: Matched, spent: ReadonlyMap<string, string>): NewCryptoTransfer {
  const { tenantId, txHash, logIndex, blockNumber, blockHash, blockAt, from, to, contract, units } = matched;
  // It has paid another payment, of another brand at the same address.
  const isElsewhere = matched.verdict === 'credited' && spent.get(keyOf(matched)) !== matched.paymentId;
  const match = isElsewhere
    ? { paymentId: null, verdict: 'unmatched' as const }
    : { paymentId: matched.paymentId, verdict: matched.verdict };
  const where = { txHash, logIndex, blockNumber, blockHash, blockAt };
  return { tenantId, id: newId(), ...match, ...where, from, to, contract, units };
}
