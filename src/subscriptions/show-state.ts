import { findMembershipState } from '#db/queries/memberships.ts';
import type { SubscriptionRow } from '#db/queries/subscriptions.ts';
import type { SubscriptionState } from '#schemas/subscriptions.ts';
import type { Ctx } from '../context.ts';
import { presentMembership } from '../memberships/present-membership.ts';
import { presentSubscription } from './present-subscription.ts';

/** A subscription with the membership of its subscriber. */
export async function showState(ctx: Ctx, row: SubscriptionRow): Promise<SubscriptionState> {
  const { tenantId, userId } = row;
  const state = await findMembershipState(ctx.db, { tenantId, userId });
  const { membership, tier, tenant } = state ?? {};
  const shown = membership && tier && tenant ? presentMembership({ membership, tier, tenant }, ctx.clock.now()) : null;
  return { subscription: presentSubscription(row), membership: shown };
}
