import type { Db } from '#db/client.ts';
import { findMembershipForUpdate, insertMembership, updateMembership } from '#db/queries/memberships.ts';
import { findPublicTenantById } from '#db/queries/tenants.ts';
import { findFirstFreeTier, findTier, type TierRow } from '#db/queries/tiers.ts';
import type { Membership } from '#schemas/memberships.ts';
import { type Ctx, type UserActor, withTx } from '../context.ts';
import { AppError, NOT_FOUND, type Refusal } from '../lib/errors.ts';
import { newId } from '../lib/ids.ts';
import { bringByCode } from '../referrals/steps/bring-by-code.ts';
import { ALREADY_JOINED, TIER_BY_POINTS, TIER_NOT_FREE, TIER_UNKNOWN } from './errors.ts';
import { decideJoin, isMember, statusesBefore } from './rules.ts';
import { announceMembership } from './steps/announce-membership.ts';
import { settleTier } from './steps/settle-tier.ts';

const REFUSALS: Record<'unknown' | 'paid' | 'points', Refusal> = {
  unknown: TIER_UNKNOWN,
  paid: TIER_NOT_FREE,
  points: TIER_BY_POINTS,
};

type Input = { tenantId: string; tierId?: string | undefined; referralCode?: string | undefined };

/** Makes the caller a member of a free tier at once. Who left or ran out begins anew, with the points of before. */
export async function joinMembership(ctx: Ctx<UserActor>, input: Input): Promise<Membership> {
  const { tenantId, tierId } = input;
  const { userId } = ctx.actor;
  const now = ctx.clock.now();
  return withTx(ctx, async (tx) => {
    if (!(await findPublicTenantById(tx, tenantId))) throw new AppError(NOT_FOUND);
    const tier = await (tierId ? findTier(tx, { tenantId, tierId }) : findFirstFreeTier(tx, tenantId));
    const decision = decideJoin(tier);
    if (!decision.ok) throw new AppError(REFUSALS[decision.reason]);
    await begin(tx, { ...input, userId, tier: tier as TierRow, now });
    await bringByCode(ctx, tx, { code: input.referralCode ?? null, tenantId, userId, now });
    return announceMembership(tx, { tenantId, userId, type: 'membership.created', now });
  });
}

type Beginning = Input & { userId: string; tier: TierRow; now: Date };

// A new row, or the old one anew: of two joins at once one waits for the other and finds it a member.
async function begin(tx: Db, { tenantId, userId, tier, referralCode, now }: Beginning): Promise<void> {
  const start = { tierId: tier.id, status: 'active' as const, startedAt: now, expiresAt: null, endsAt: null };
  const fresh = { ...start, cancelAtPeriodEnd: false, subscriptionId: null, referralCode: referralCode ?? null };
  const row = { ...fresh, tenantId, id: newId(), userId, createdAt: now, updatedAt: now };
  if (await insertMembership(tx, row)) return;
  const old = await findMembershipForUpdate(tx, { tenantId, userId });
  if (!old || isMember(old, now) || old.status === 'paused') throw new AppError(ALREADY_JOINED);
  // What ran out without having been written down yet may begin anew as well.
  const from = [...statusesBefore('active'), old.status];
  const { referralCode: _first, ...again } = fresh;
  const begun = await updateMembership(tx, { tenantId, membershipId: old.id, from, change: again, now });
  if (!begun) throw new AppError(ALREADY_JOINED);
  // The points of before may ask for a better tier than one can join.
  await settleTier(tx, { tenantId, userId, now });
}
