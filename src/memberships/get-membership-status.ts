import { findMembershipState } from '#db/queries/memberships.ts';
import type { MembershipState } from '#schemas/memberships.ts';
import type { Ctx, UserActor } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { presentMembership } from './present-membership.ts';
import { isMember } from './rules.ts';

/** Whether the caller is a member of the brand now, and as what: one read. */
export async function getMembershipStatus(
  ctx: Ctx<UserActor>,
  { tenantId }: { tenantId: string },
): Promise<MembershipState> {
  const now = ctx.clock.now();
  const state = await findMembershipState(ctx.db, { tenantId, userId: ctx.actor.userId });
  if (!state) throw new AppError(NOT_FOUND);
  const { membership, tier, tenant } = state;
  if (!membership || !tier) return { member: false, membership: null };
  return { member: isMember(membership, now), membership: presentMembership({ membership, tier, tenant }, now) };
}
