import { findSubscription } from '#db/queries/subscriptions.ts';
import type { Deps } from '../context.ts';

/** The processor stops charging for a subscription that has ended here: its period was given back. */
export async function endAtProcessor(
  { db, cards }: Pick<Deps, 'db' | 'cards'>,
  key: { tenantId: string; subscriptionId: string },
): Promise<void> {
  const row = await findSubscription(db, key);
  if (!row?.cardSubscriptionId) return;
  await cards.cancelSubscription({ account: row.account, subscriptionId: row.cardSubscriptionId });
}
