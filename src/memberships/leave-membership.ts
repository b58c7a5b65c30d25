import { findMembershipForUpdate, findMembershipState, updateMembership } from '#db/queries/memberships.ts';
import type { Membership } from '#schemas/memberships.ts';
import { type Ctx, type UserActor, withTx } from '../context.ts';
import { recordEvent } from '../events/record-event.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { NOT_JOINED, SUBSCRIPTION_RUNS } from './errors.ts';
import { presentMembership } from './present-membership.ts';
import { isMember, statusesBefore } from './rules.ts';

/** Ends the caller's membership at once. Points stay for a return; a paid one ends with its subscription. */
export async function leaveMembership(ctx: Ctx<UserActor>, { tenantId }: { tenantId: string }): Promise<Membership> {
  const { userId } = ctx.actor;
  const now = ctx.clock.now();
  return withTx(ctx, async (tx) => {
    // Held first: what is read after it is what is ended.
    const old = await findMembershipForUpdate(tx, { tenantId, userId });
    const state = await findMembershipState(tx, { tenantId, userId });
    if (!state) throw new AppError(NOT_FOUND);
    if (!old || !state.tier || !(isMember(old, now) || old.status === 'paused')) throw new AppError(NOT_JOINED);
    if (old.subscriptionId !== null) throw new AppError(SUBSCRIPTION_RUNS);
    const change = { status: 'canceled' as const, expiresAt: now, endsAt: now };
    const from = statusesBefore('canceled');
    const membership = await updateMembership(tx, { tenantId, membershipId: old.id, from, change, now });
    if (!membership) throw new AppError(NOT_JOINED);
    const data = presentMembership({ membership, tier: state.tier, tenant: state.tenant }, now);
    await recordEvent(tx, { tenantId, type: 'membership.canceled', objectId: data.id, data, now });
    return data;
  });
}
