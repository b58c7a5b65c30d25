import { findMembershipForUpdate, findMembershipState, setMembershipRow } from '#db/queries/memberships.ts';
import type { Membership, UpdateMyMembershipBody } from '#schemas/memberships.ts';
import { type Ctx, type UserActor, withTx } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { NOT_JOINED } from './errors.ts';
import { presentMembership } from './present-membership.ts';
import { announceMembership } from './steps/announce-membership.ts';

type Input = { tenantId: string; body: UpdateMyMembershipBody };

/** What a member says about their membership, also after it has ended. */
export async function updateMyMembership(ctx: Ctx<UserActor>, { tenantId, body }: Input): Promise<Membership> {
  const { userId } = ctx.actor;
  const { hidesName } = body;
  const now = ctx.clock.now();
  return withTx(ctx, async (tx) => {
    const old = await findMembershipForUpdate(tx, { tenantId, userId });
    const state = await findMembershipState(tx, { tenantId, userId });
    if (!state) throw new AppError(NOT_FOUND);
    const { membership, tier, tenant } = state;
    if (!old || !membership || !tier) throw new AppError(NOT_JOINED);
    if (old.hidesName === hidesName) return presentMembership({ membership, tier, tenant }, now);
    await setMembershipRow(tx, { tenantId, membershipId: old.id, change: { hidesName }, now });
    return announceMembership(tx, { tenantId, userId, type: 'membership.updated', now });
  });
}
