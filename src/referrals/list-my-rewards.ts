import { listRewardsOfUser } from '#db/queries/referral-rewards.ts';
import type { Page } from '#schemas/envelope.ts';
import type { ReferralReward } from '#schemas/referral-conversions.ts';
import type { Ctx, UserActor } from '../context.ts';
import { byCreation, newestPageRequest, pageOfRows } from '../lib/page.ts';
import { presentReward } from './present-referral.ts';

type Input = { tenantId?: string | undefined; limit: number; cursor?: string | undefined };

/** What the caller has from referrals, in all brands or one, newest first. */
export async function listMyRewards(
  ctx: Ctx<UserActor>,
  { tenantId, limit, cursor }: Input,
): Promise<Page<ReferralReward>> {
  const { userId } = ctx.actor;
  const key = ctx.deps.cursorKey;
  const list = `my-referral-rewards|${userId}|${tenantId ?? ''}`;
  const page = newestPageRequest(key, list, { limit, cursor });
  const rows = await listRewardsOfUser(ctx.db, { userId, tenantId, page });
  return pageOfRows(rows, { key, list, limit, positionOf: byCreation, present: presentReward });
}
