import { findChainCursor } from '#db/queries/chain-cursors.ts';
import type { CryptoPaymentRow } from '#db/queries/crypto-payments.ts';
import { findPayment, type PaymentRow } from '#db/queries/payments.ts';
import type { PaymentState } from '#schemas/payments.ts';
import type { Chain } from '../clients/chains.ts';
import { type Ctx, withTx } from '../context.ts';
import { AppError, SERVICE_UNAVAILABLE } from '../lib/errors.ts';
import { presentPaymentState } from '../payments/present-payment.ts';
import { TRANSACTION_MISMATCH, TRANSACTION_NOT_FOUND } from './errors.ts';
import { requireCrypto } from './steps/find-crypto.ts';
import { loadDetails } from './steps/load-details.ts';
import { matchTransfers, recordTransfers } from './steps/record-transfers.ts';
import { watchChain } from './watch-chain.ts';
import { lookAt } from './work-off-due.ts';

type Input = { trackingId: string; txHash?: string | undefined };

/** Looks at the chain now, and at the transaction that the payer names. */
export async function checkCryptoPayment(ctx: Ctx, { trackingId, txHash }: Input): Promise<PaymentState> {
  const { payment, row } = await requireCrypto(ctx.db, trackingId);
  const { tenantId, id: paymentId } = payment;
  const chain = ctx.deps.chains.find(row.chainId);
  if (!chain) throw new AppError(SERVICE_UNAVAILABLE, { reason: 'chain_unavailable' });
  const watching = { ...ctx.deps, db: ctx.db, clock: ctx.clock };
  await watchChain(watching, row.chainId);
  if (txHash !== undefined) await takeNamed(ctx, { payment, row, chain, txHash });
  await lookAt(watching, { tenantId, paymentId });
  const now = (await findPayment(ctx.db, { tenantId, paymentId })) ?? payment;
  const crypto = await loadDetails(ctx.db, now);
  return { ...presentPaymentState(now), ...(crypto && { crypto }) };
}

type Named = { payment: PaymentRow; row: CryptoPaymentRow; chain: Chain; txHash: string };

/**
 * A transaction by name: for one in a block from before the chain was watched. It must stand in the chain as it was read,
 * and be for this payment; what it moves elsewhere is nobody's business here.
 */
async function takeNamed(ctx: Ctx, { payment, row, chain, txHash }: Named): Promise<void> {
  const { chainId } = row;
  const found = await chain.transaction(txHash);
  const cursor = await findChainCursor(ctx.db, chainId);
  if (!found || !cursor || found.blockNumber > cursor.blockNumber) throw new AppError(TRANSACTION_NOT_FOUND);
  const { transfers, ...block } = found;
  const here = transfers.filter(({ to }) => to === row.address).map((transfer) => ({ ...transfer, ...block }));
  const matched = (await matchTransfers(ctx.db, { chainId, found: here })).filter(
    (one) => one.paymentId === payment.id,
  );
  if (matched.length === 0) {
    const { address, contract } = row;
    throw new AppError(TRANSACTION_MISMATCH, { expected: { chainId, address, contract }, found: shownOf(transfers) });
  }
  await withTx(ctx, (tx) => recordTransfers(tx, { chainId, matched, now: ctx.clock.now() }));
}

const MOST_SHOWN = 10;

function shownOf(transfers: readonly { to: string; contract: string | null; units: bigint }[]) {
  return transfers.slice(0, MOST_SHOWN).map(({ to, contract, units }) => ({ to, contract, units: units.toString() }));
}
