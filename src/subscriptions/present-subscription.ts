import type { SubscriptionRow } from '#db/queries/subscriptions.ts';
import type { Subscription } from '#schemas/subscriptions.ts';

export function presentSubscription(row: SubscriptionRow): Subscription {
  const { id, tenantId, userId, tierId, pendingTierId, status, currentPeriodStart, currentPeriodEnd } = row;
  const { trialEnd, cancelAtPeriodEnd, canceledAt, endedAt, createdAt } = row;
  const terms = { currentPeriodStart, currentPeriodEnd, trialEnd, cancelAtPeriodEnd, canceledAt, endedAt };
  return { id, tenantId, userId, tierId, pendingTierId, status, ...terms, createdAt };
}
