import type { Db } from '#db/client.ts';
import { findPayment, findPaymentForUpdate, type PaymentRow, updatePayment } from '#db/queries/payments.ts';
import { findSubscription, findSubscriptionByCardId, type SubscriptionRow } from '#db/queries/subscriptions.ts';
import type { CardEvent, CardEventObject, Metadata } from '../clients/card-payments.ts';
import type { Deps } from '../context.ts';
import { isUuid } from '../lib/ids.ts';
import { applyDispute } from '../payments/apply-dispute.ts';
import { noteCard } from '../payments/note-card.ts';
import { applyIntent } from '../payments/steps/apply-intent.ts';
import { syncPayment } from '../payments/sync-payment.ts';
import { takeRefund } from '../payments/take-refund.ts';
import { recordInvoice } from '../subscriptions/steps/record-invoice.ts';
import { syncSubscription } from '../subscriptions/steps/sync-subscription.ts';

export type Outcome = 'succeeded' | 'ignored';
type Applying = { event: CardEvent; now: Date };

/**
 * Whether the event's own snapshot is enough: what it tells is final, whenever it is told. Of everything else an event is
 * only a hint that something has changed, and the processor is asked how it stands now.
 */
export function isFinal({ kind, ...object }: CardEventObject): boolean {
  if (kind === 'intent') {
    const { intent } = object as Extract<CardEventObject, { kind: 'intent' }>;
    return intent.status === 'succeeded' || intent.status === 'canceled';
  }
  return kind === 'refund' || kind === 'dispute' || kind === 'charge';
}

/** Applies a final event in the transaction that keeps it. */
export async function applyFinal(tx: Db, { event, now, jobs }: Applying & Pick<Deps, 'jobs'>): Promise<Outcome> {
  const { object, account } = event;
  if (object.kind === 'refund') return takeRefund(tx, { refund: object.refund, account, jobs, now });
  if (object.kind === 'dispute') return applyDispute(tx, { dispute: object.dispute, account, jobs, now });
  if (object.kind === 'charge') return noteCard(tx, { charge: object.charge, account, jobs, now });
  const key = object.kind === 'intent' ? namedIn(object.intent.metadata, 'paymentId') : null;
  const payment = key && (await findPaymentForUpdate(tx, { tenantId: key.tenantId, paymentId: key.id }));
  if (object.kind !== 'intent' || !payment || payment.account !== account) return 'ignored';
  await applyIntent(tx, {
    payment: await withIntent(tx, { payment, now, intentId: object.intent.id }),
    intent: object.intent,
    jobs,
    now,
  });
  return 'succeeded';
}

/** Its own process may not have come to write it down: it died, or the event was faster. */
async function withIntent(tx: Db, { payment, intentId, now }: { payment: PaymentRow; intentId: string; now: Date }) {
  if (payment.intentId !== null || payment.closedAt !== null) return payment;
  const { tenantId, id: paymentId } = payment;
  return updatePayment(tx, { tenantId, paymentId, change: { intentId }, now });
}

/** Asks the processor how the event's object stands, and writes that down in transactions of its own. */
export async function applyHint(deps: Deps, { account, object }: CardEvent): Promise<Outcome> {
  if (object.kind === 'intent') return lookAtPayment(deps, { account, metadata: object.intent.metadata });
  if (object.kind !== 'subscription' && object.kind !== 'invoice') return 'ignored';
  const row = await findSubscriptionOf(deps.db, object);
  if (!row || row.account !== account) return 'ignored';
  const { row: synced } = await syncSubscription(deps, row);
  if (object.kind === 'invoice') await recordInvoice(deps, { row: synced, invoiceId: object.invoiceId });
  return 'succeeded';
}

async function lookAtPayment(
  deps: Deps,
  { account, metadata }: { account: string | null; metadata: Metadata },
): Promise<Outcome> {
  const key = namedIn(metadata, 'paymentId');
  const payment = key && (await findPayment(deps.db, { tenantId: key.tenantId, paymentId: key.id }));
  if (!payment || payment.account !== account) return 'ignored';
  await syncPayment(deps, payment);
  return 'succeeded';
}

type OfSubscription = Extract<CardEventObject, { kind: 'subscription' | 'invoice' }>;

async function findSubscriptionOf(db: Db, object: OfSubscription): Promise<SubscriptionRow | undefined> {
  const key = object.kind === 'subscription' ? namedIn(object.metadata, 'subscriptionId') : null;
  if (key) return findSubscription(db, { tenantId: key.tenantId, subscriptionId: key.id });
  return object.subscriptionId ? findSubscriptionByCardId(db, object.subscriptionId) : undefined;
}

/** Our own object that the processor's names in its metadata, which anybody with its account can write. */
function namedIn(metadata: Metadata, name: 'paymentId' | 'subscriptionId'): { tenantId: string; id: string } | null {
  const { tenantId, [name]: id } = metadata;
  return isUuid(tenantId) && isUuid(id) ? { tenantId, id } : null;
}
