import { findChainCursor } from '#db/queries/chain-cursors.ts';
import { takeFromCredit } from '#db/queries/crypto-credits.ts';
import {
  type CryptoPaymentRow,
  findCryptoPaymentForUpdate,
  insertTimeline,
  updateCryptoPayment,
} from '#db/queries/crypto-payments.ts';
import { insertCryptoRefund, listRecordedIn } from '#db/queries/crypto-refunds.ts';
import { findPaymentForUpdate, type PaymentRow } from '#db/queries/payments.ts';
import { findRefund } from '#db/queries/refunds.ts';
import type { CryptoRefund, RecordCryptoRefundBody } from '#schemas/crypto-payments.ts';
import { recordChange } from '../audit/record-change.ts';
import type { ChainTransaction, ChainTransfer } from '../clients/chain-parts.ts';
import { type Ctx, withTx } from '../context.ts';
import { isUniqueViolation } from '../lib/database-errors.ts';
import { fromUnits, toUnits } from '../lib/decimal.ts';
import { AppError, NOT_FOUND, SERVICE_UNAVAILABLE } from '../lib/errors.ts';
import { newId } from '../lib/ids.ts';
import { REFUND_DECIDED } from '../payments/errors.ts';
import { applyRefund } from '../payments/steps/apply-refund.ts';
import { NOTHING_OWED, TRANSACTION_MISMATCH, TRANSACTION_NOT_FOUND, TRANSFER_USED } from './errors.ts';
import { presentCryptoRefund } from './present-crypto.ts';
import { findUsed } from './steps/find-credit.ts';
import { requireCryptoAsAdmin } from './steps/find-crypto.ts';

type Input = RecordCryptoRefundBody & { trackingId: string };

/**
 * Writes down what the brand has sent back from its own wallet, once the chain shows it: it makes the refund that is named,
 * else it gives back what is owed. The service could not send it: it holds no key.
 */
export async function recordCryptoRefund(ctx: Ctx, { trackingId, ...body }: Input): Promise<CryptoRefund> {
  const { payment, row } = await requireCryptoAsAdmin(ctx, trackingId);
  const sent = await requireSent(ctx, { row, body });
  try {
    return await withTx(ctx, (tx) => record({ ...ctx, db: tx }, { payment, sent, body }));
  } catch (error) {
    const isUsed = ['crypto_refunds_chain_key', 'crypto_refunds_refund_key'].some((key) =>
      isUniqueViolation(error, key),
    );
    if (isUsed) throw new AppError(TRANSFER_USED);
    throw error;
  }
}

type Said = { row: CryptoPaymentRow; body: RecordCryptoRefundBody };

/** The transfers that the chain shows: of the asset, to the destination, of just this amount, and confirmed. */
async function requireSent(ctx: Ctx, { row, body }: Said): Promise<ChainTransaction> {
  const { chainId, contract, decimals, requiredConfirmations } = row;
  const chain = ctx.deps.chains.find(chainId);
  if (!chain) throw new AppError(SERVICE_UNAVAILABLE, { reason: 'chain_unavailable' });
  const found = await chain.transaction(body.txHash);
  const head = await chain.head();
  const confirmations = found ? head - found.blockNumber + 1 : 0;
  if (!found || (await findChainCursor(ctx.db, chainId)) === undefined) throw new AppError(TRANSACTION_NOT_FOUND);
  if (confirmations < requiredConfirmations) {
    throw new AppError(TRANSACTION_MISMATCH, { confirmations, requiredConfirmations });
  }
  const units = toUnits(body.amount, decimals);
  const transfers = found.transfers.filter(
    (one) => one.to === body.destination && one.contract === contract && one.units === units && units > 0n,
  );
  if (transfers.length > 0) return { ...found, transfers };
  const moved = found.transfers
    .slice(0, 10)
    .map(({ to, contract: token, units: sum }) => ({ to, token, units: `${sum}` }));
  throw new AppError(TRANSACTION_MISMATCH, {
    // Null: the amount has more places than the asset.
    expected: { destination: body.destination, contract, amount: body.amount, units: units?.toString() ?? null },
    moved,
  });
}

type Recording = { payment: PaymentRow; sent: ChainTransaction; body: RecordCryptoRefundBody };

async function record(ctx: Ctx, { payment: seen, sent, body }: Recording): Promise<CryptoRefund> {
  const { db, actor } = ctx;
  const { tenantId, id: paymentId } = seen;
  const now = ctx.clock.now();
  const payment = await findPaymentForUpdate(db, { tenantId, paymentId });
  const row = await findCryptoPaymentForUpdate(db, { tenantId, paymentId });
  if (!payment || !row) throw new AppError(NOT_FOUND);
  const { txHash, logIndex, units, to: destination } = await pickTransfer(db, { row, sent });
  const { refundId = null } = body;
  const recordedBy = actor.type === 'user' ? actor.userId : null;
  const where = { chainId: row.chainId, txHash, logIndex, destination, units };
  const standing = { blockNumber: sent.blockNumber, missingAt: null, reversedAt: null };
  const made = { tenantId, id: newId(), paymentId, refundId, ...where, ...standing, recordedBy, createdAt: now };
  const refund = await insertCryptoRefund(db, made);
  if (refundId === null) await giveOwed(ctx, { row, units, now });
  else await makeRefund(ctx, { payment, refundId, now });
  const data = { txHash, destination, amount: body.amount, refundId };
  const entry = { id: newId(), paymentId, kind: 'refunded' as const, data };
  await insertTimeline(db, { tenantId, createdAt: now, entries: [entry] });
  const target = { type: 'payment', id: paymentId };
  await recordChange(ctx, { db, tenantId, action: 'payment.cryptoRefunded', target, after: data, now });
  return presentCryptoRefund(refund, row);
}

type Picking = { row: CryptoPaymentRow; sent: ChainTransaction };

/** A transaction may have several that are alike: each is one refund. */
async function pickTransfer(db: Ctx['db'], { row: { tenantId, chainId }, sent }: Picking): Promise<ChainTransfer> {
  const txHash = sent.transfers[0]?.txHash ?? '';
  const recorded = new Set(await listRecordedIn(db, { tenantId, chainId, txHash }));
  const free = sent.transfers.find(({ logIndex }) => !recorded.has(logIndex));
  if (!free) throw new AppError(TRANSFER_USED);
  return free;
}

type Giving = { row: CryptoPaymentRow; units: bigint; now: Date };

async function giveOwed({ db }: Ctx, { row, units, now: updatedAt }: Giving): Promise<void> {
  const { tenantId, id: paymentId, owedUnits, owedAs, returnedUnits, decimals } = row;
  const left = owedUnits - returnedUnits - (await findUsed(db, row));
  const key = { tenantId, creditId: paymentId };
  // What a payment takes of the credit at this moment is not sent back, too.
  const isThere =
    units <= left && (owedAs !== 'credit' || (await takeFromCredit(db, { ...key, by: units, now: updatedAt })));
  if (!isThere) throw new AppError(NOTHING_OWED, { left: fromUnits(left, decimals) });
  await updateCryptoPayment(db, { tenantId, paymentId, change: { returnedUnits: returnedUnits + units, updatedAt } });
}

type Making = { payment: PaymentRow; refundId: string; now: Date };

/** How much of the asset that is, at which rate, is the brand's to say. */
async function makeRefund({ db, deps }: Ctx, { payment, refundId, now }: Making): Promise<void> {
  const refund = await findRefund(db, { tenantId: payment.tenantId, refundId });
  if (refund?.paymentId !== payment.id) throw new AppError(NOT_FOUND);
  if (refund.status !== 'pending') throw new AppError(REFUND_DECIDED, { status: refund.status });
  const told = { id: null, status: 'succeeded' as const, failureReason: null };
  await applyRefund(db, { payment, refund, told, jobs: deps.jobs, now });
}
