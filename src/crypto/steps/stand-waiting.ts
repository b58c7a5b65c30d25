import type { Db } from '#db/client.ts';
import type { Jobs } from '#db/jobs.ts';
import { findChainCursor } from '#db/queries/chain-cursors.ts';
import { type CryptoPaymentRow, listCryptoPaymentsForUpdate } from '#db/queries/crypto-payments.ts';
import { listTransfersOfPayments } from '#db/queries/crypto-transfers.ts';
import { listPaymentsForUpdate } from '#db/queries/payments.ts';
import type { CryptoState } from '#schemas/crypto-payments.ts';
import { applyStanding } from './apply-standing.ts';
import { standingOf } from './stand-payment.ts';

type Key = { tenantId: string; paymentId: string };
type Waiting = { chainId: number; keys: readonly Key[]; jobs: Jobs; now: Date };

const isWaiting = (status: CryptoState) => status === 'new' || status === 'processing';

/**
 * Of many payments that a block concerns, those for which money is seen and nothing is given or taken yet, in one go: a tenth
 * of the statements. Answers the others, which are looked at one by one; what somebody else holds is not waited for.
 */
export async function standWaiting(tx: Db, { chainId, keys, jobs, now }: Waiting): Promise<Key[]> {
  const payments = new Map((await listPaymentsForUpdate(tx, keys)).map((payment) => [payment.id, payment]));
  const held = keys.filter(({ paymentId }) => payments.has(paymentId));
  const rows = await listCryptoPaymentsForUpdate(tx, held);
  // After the rows are held, as for one: what arrives meanwhile makes a payment due after this.
  const transfers = Map.groupBy(await listTransfersOfPayments(tx, rows.map(keyOf)), ({ paymentId }) => paymentId);
  const cursor = await findChainCursor(tx, chainId);
  const done = new Set<string>();
  for (const row of rows) {
    const payment = payments.get(row.id);
    if (!payment || payment.closedAt !== null || !isWaiting(row.status)) continue;
    const known = { transfers: transfers.get(row.id) ?? [], cursor };
    const standing = await standingOf(tx, { payment, row, known, now });
    if (!isWaiting(standing.status)) continue;
    await applyStanding(tx, { payment, row, standing, jobs, now });
    done.add(row.id);
  }
  return keys.filter(({ paymentId }) => !done.has(paymentId));
}

const keyOf = ({ tenantId, id: paymentId }: CryptoPaymentRow): Key => ({ tenantId, paymentId });
