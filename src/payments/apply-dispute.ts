import type { Db } from '#db/client.ts';
import type { Jobs } from '#db/jobs.ts';
import { findPaymentByIntent, findPaymentForUpdate } from '#db/queries/payments.ts';
import { saveDispute } from '#db/queries/refunds.ts';
import type { CardDispute } from '../clients/card-payments.ts';
import { takeBackEffects } from '../effects/take-back-effects.ts';
import { newId } from '../lib/ids.ts';
import { NotYet } from '../lib/not-yet.ts';

type Applying = { dispute: CardDispute; account: string | null; jobs: Jobs; now: Date };

/** Records what becomes of a contested charge. When it is lost the money is gone: what it bought is taken back. */
export async function applyDispute(
  tx: Db,
  { dispute, account, jobs, now }: Applying,
): Promise<'succeeded' | 'ignored'> {
  const named = dispute.intentId === null ? undefined : await findPaymentByIntent(tx, dispute.intentId);
  if (!named) throw new NotYet('the payment of the dispute is not known');
  if (named.account !== account) return 'ignored';
  const { tenantId, id: paymentId } = named;
  const payment = await findPaymentForUpdate(tx, { tenantId, paymentId });
  if (payment?.status !== 'succeeded') throw new NotYet('the payment of the dispute has not succeeded');
  const { id: cardDisputeId, amount, currency, reason, status, createdAt } = dispute;
  const what = { tenantId, id: newId(), paymentId, cardDisputeId, amount, currency, reason, status };
  const saved = await saveDispute(tx, { ...what, createdAt, updatedAt: now });
  // A part of the money is no reason to take back all that it bought.
  if (saved?.status === 'lost' && saved.amount >= payment.amount) {
    await takeBackEffects(tx, {
      tenantId,
      causeType: 'payment',
      causeId: paymentId,
      by: `dispute:${saved.id}`,
      // Whoever had it had it, at a price that was never paid.
      except: ['coupon'],
      jobs,
      now,
    });
  }
  return 'succeeded';
}
