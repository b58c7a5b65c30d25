import type { Db } from '#db/client.ts';
import { findClaimOfSubscription } from '#db/queries/coupon-claims.ts';
import { findMembershipForUpdate } from '#db/queries/memberships.ts';
import { findPriceById } from '#db/queries/stripe-objects.ts';
import { type SubscriptionRow, updateSubscription } from '#db/queries/subscriptions.ts';
import { findTenant } from '#db/queries/tenants.ts';
import type { CardSubscription } from '../../clients/card-payments.ts';
import { keepOwnedTier } from '../../memberships/steps/keep-owned-tier.ts';
import { setMembership } from '../../memberships/steps/set-membership.ts';
import { isOver, membershipOf, nextSubscriptionCheck } from '../rules.ts';

type Applying = { row: SubscriptionRow; card: CardSubscription; now: Date };

/**
 * Brings a subscription and its membership to where the processor says they are. One that has ended stays so. The caller
 * holds the row, and knows that the answer is newer than what was written.
 */
export async function applySubscription(tx: Db, { row, card, now }: Applying): Promise<SubscriptionRow> {
  if (isOver(row.status)) return row;
  const { tenantId, id: subscriptionId, createdAt } = row;
  const tierId = (await tierOf(tx, tenantId, card.priceId)) ?? row.tierId;
  const { status, periodStart, periodEnd, pendingPriceId } = card;
  const change = {
    tierId,
    pendingTierId: pendingPriceId === null ? null : await tierOf(tx, tenantId, pendingPriceId),
    cardSubscriptionId: card.id,
    priceId: card.priceId,
    status,
    currentPeriodStart: periodStart,
    currentPeriodEnd: periodEnd,
    trialEnd: card.trialEnd,
    cancelAtPeriodEnd: card.cancelAtPeriodEnd,
    canceledAt: card.canceledAt,
    endedAt: card.endedAt,
    version: row.version + 1,
    checkAt: isOver(status)
      ? await lastCheckAt(tx, { tenantId, subscriptionId, now })
      : nextSubscriptionCheck({ status, periodEnd, createdAt }, now),
  };
  const saved = await updateSubscription(tx, { tenantId, subscriptionId, change, now });
  await applyToMembership(tx, { row: saved, card, now, isOverdueAlready: row.status === 'past_due' });
  return saved;
}

/** One that ends with a coupon is looked at once more: whether its last invoice was paid decides about the coupon. */
async function lastCheckAt(
  tx: Db,
  { tenantId, subscriptionId, now }: { tenantId: string; subscriptionId: string; now: Date },
): Promise<Date | null> {
  const claim = await findClaimOfSubscription(tx, { tenantId, subscriptionId });
  return claim?.status === 'reserved' ? now : null;
}

async function tierOf(tx: Db, tenantId: string, priceId: string): Promise<string | null> {
  return (await findPriceById(tx, { tenantId, priceId }))?.tierId ?? null;
}

async function applyToMembership(
  tx: Db,
  { row, card, now, isOverdueAlready }: Applying & { isOverdueAlready: boolean },
): Promise<void> {
  const { tenantId, userId, id: subscriptionId, tierId } = row;
  const tenant = await findTenant(tx, tenantId);
  if (!tenant) throw new Error('a subscription has lost its brand');
  const old = await findMembershipForUpdate(tx, { tenantId, userId });
  const isOurs = old?.subscriptionId === subscriptionId;
  const graceEndsAt = isOverdueAlready && isOurs ? old.endsAt : null;
  const terms = membershipOf(card, { graceDays: tenant.graceDays, graceEndsAt, now });
  if (!terms) return;
  const giveIt = terms.status === 'trialing' || terms.status === 'active';
  // What is no longer paid takes nothing from a membership that came another way since.
  if (!giveIt && !isOurs) return;
  const isOverNow = terms.status === 'canceled' || terms.status === 'expired';
  if (isOverNow && (await keepOwnedTier(tx, { tenantId, userId, now }))) return;
  const kept = terms.status === 'canceled' ? null : subscriptionId;
  await setMembership(tx, { tenantId, userId, paid: { ...terms, tierId, subscriptionId: kept }, now });
}
