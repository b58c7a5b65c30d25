import { findMembershipState } from '#db/queries/memberships.ts';
import type { MembershipState } from '#schemas/memberships.ts';
import type { Actor, Ctx } from '../context.ts';
import { AppError, FORBIDDEN, NOT_FOUND, VALIDATION_ERROR } from '../lib/errors.ts';
import { presentMembership } from './present-membership.ts';
import { isMember } from './rules.ts';

type Input = { tenantId: string; userId?: string | undefined };

/** Whether somebody is a member of the brand now, and as what: the caller, or for an API key one of its customers. */
export async function getMembershipStatus(ctx: Ctx, { tenantId, userId }: Input): Promise<MembershipState> {
  const now = ctx.clock.now();
  const state = await findMembershipState(ctx.db, { tenantId, userId: subjectOf(ctx.actor, userId) });
  if (!state) throw new AppError(NOT_FOUND);
  const { membership, tier, tenant } = state;
  if (!membership || !tier) return { member: false, membership: null };
  return { member: isMember(membership, now), membership: presentMembership({ membership, tier, tenant }, now) };
}

function subjectOf(actor: Actor, asked: string | undefined): string {
  if (actor.type === 'user' && (asked === undefined || asked === actor.userId)) return actor.userId;
  if (actor.type !== 'apiKey') throw new AppError(FORBIDDEN);
  const error = { location: 'query', field: 'userId', message: 'is required for an API key' };
  if (asked === undefined) throw new AppError(VALIDATION_ERROR, { errors: [error] });
  return asked;
}
