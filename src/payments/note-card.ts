import type { Db } from '#db/client.ts';
import type { Jobs } from '#db/jobs.ts';
import { insertKnownCard } from '#db/queries/coupon-uses.ts';
import { findPaymentByIntent, findPaymentForUpdate } from '#db/queries/payments.ts';
import type { CardCharge } from '../clients/card-payments.ts';
import { countCard } from '../coupons/steps/count-card.ts';
import { NotYet } from '../lib/not-yet.ts';
import { refuseSameCard } from '../referrals/steps/refuse-same-card.ts';

type Noting = { charge: CardCharge; account: string | null; jobs: Jobs; now: Date };

/** Remembers the card that paid: who comes back with it under another account is no new customer (CP9). */
export async function noteCard(tx: Db, { charge, account, jobs, now }: Noting): Promise<'succeeded' | 'ignored'> {
  const { intentId, isPaid, fingerprint } = charge;
  if (intentId === null || fingerprint === null || !isPaid) return 'ignored';
  const named = await findPaymentByIntent(tx, intentId);
  // Only what we began ourselves is waited for: an invoice's intent becomes a payment with its own event, or never.
  if (!named && charge.metadata['paymentId'] !== undefined) throw new NotYet('the payment of the charge is not known');
  if (!named || named.account !== account) return 'ignored';
  const { tenantId, id: paymentId } = named;
  const payment = await findPaymentForUpdate(tx, { tenantId, paymentId });
  if (!payment) return 'ignored';
  await insertKnownCard(tx, { tenantId, userId: payment.userId, fingerprint, firstUsedAt: now });
  await refuseSameCard(tx, { tenantId, paymentId, userId: payment.userId, fingerprint, jobs, now });
  if (payment.coupons !== null) await countCard(tx, { tenantId, paymentId, fingerprint });
  return 'succeeded';
}
