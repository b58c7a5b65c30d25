import { findChainCursor, holdChainCursor } from '#db/queries/chain-cursors.ts';
import type { CryptoPaymentRow } from '#db/queries/crypto-payments.ts';
import { listTransfersOfPayment } from '#db/queries/crypto-transfers.ts';
import type { ChainTransaction } from '../../clients/chain-parts.ts';
import type { Chain } from '../../clients/chains.ts';
import { type Ctx, withTx } from '../../context.ts';
import { AppError, SERVICE_UNAVAILABLE } from '../../lib/errors.ts';
import { TRANSACTION_MISMATCH, TRANSACTION_NOT_FOUND } from '../errors.ts';
import { type Matched, matchTransfers, recordTransfers } from './record-transfers.ts';

type Named = { row: CryptoPaymentRow; chain: Chain; txHash: string };

const ROUNDS = 5;
const MOST_SHOWN = 10;

/**
 * A transaction by name, for what the blocks as they were read did not show. It must stand in the chain as it was read, be
 * for this payment, and no older than it; what it moves elsewhere is nobody's business here.
 */
export async function takeNamed(ctx: Ctx, named: Named): Promise<void> {
  for (let round = 0; round < ROUNDS; round += 1) {
    if ((await isKnown(ctx, named)) || (await isTaken(ctx, named))) return;
  }
  throw new AppError(SERVICE_UNAVAILABLE, { reason: 'chain_unavailable' });
}

async function isKnown({ db }: Ctx, { row, txHash }: Named): Promise<boolean> {
  const { tenantId, id: paymentId } = row;
  const known = await listTransfersOfPayment(db, { tenantId, paymentId });
  return known.some((one) => one.txHash === txHash && one.verdict === 'credited' && one.reversedAt === null);
}

/** False where the chain was read on, or back, meanwhile: a reorganisation would not undo what is written after it. */
async function isTaken(ctx: Ctx, { row, chain, txHash }: Named): Promise<boolean> {
  const { chainId } = chain;
  const cursor = await findChainCursor(ctx.db, chainId);
  const found = await chain.transaction(txHash);
  const isSameChain = cursor && (await chain.hashAt(cursor.blockNumber)) === cursor.blockHash;
  if (!found || !isSameChain || found.blockNumber > cursor.blockNumber) throw new AppError(TRANSACTION_NOT_FOUND);
  const matched = await requireMatch(ctx, { row, found });
  return withTx(ctx, async (tx) => {
    if (!(await holdChainCursor(tx, cursor))) return false;
    await recordTransfers(tx, { chainId, matched, now: ctx.clock.now() });
    return true;
  });
}

type Claimed = { row: CryptoPaymentRow; found: ChainTransaction };

async function requireMatch({ db }: Ctx, { row, found }: Claimed): Promise<Matched[]> {
  const { id: paymentId, chainId, address, contract, createdAt } = row;
  const { transfers, ...block } = found;
  // What arrived before anybody was asked for it paid for something else.
  const isOlder = block.blockAt < createdAt;
  const here = transfers.filter(({ to }) => to === address && !isOlder).map((one) => ({ ...one, ...block }));
  const matched = (await matchTransfers(db, { chainId, found: here })).filter((one) => one.paymentId === paymentId);
  if (matched.length > 0) return matched;
  const expected = { chainId, address, contract, notBefore: createdAt.toISOString() };
  throw new AppError(TRANSACTION_MISMATCH, { expected, found: shownOf(transfers), at: block.blockAt.toISOString() });
}

function shownOf(transfers: readonly { to: string; contract: string | null; units: bigint }[]) {
  return transfers.slice(0, MOST_SHOWN).map(({ to, contract, units }) => ({ to, contract, units: units.toString() }));
}
