import { listRewardSums } from '#db/queries/referral-rewards.ts';
import type { MyReferrals } from '#schemas/referral-conversions.ts';
import { type ReferralLink, referralRewardStatuses } from '#schemas/referrals.ts';
import type { Ctx, UserActor } from '../context.ts';
import { showLinks } from './steps/show-links.ts';

/** All that a member sees of their referrals with a brand: links, what came of them, and rewards by how they stand. */
export async function getMyReferrals(ctx: Ctx<UserActor>, { tenantId }: { tenantId: string }): Promise<MyReferrals> {
  const who = { tenantId, userId: ctx.actor.userId };
  const [links, sums] = await Promise.all([showLinks(ctx, who), listRewardSums(ctx.db, who)]);
  const total = (name: 'clicks' | 'signups' | 'conversions') =>
    links.reduce((sum: number, link: ReferralLink) => sum + link[name], 0);
  const totals = { clicks: total('clicks'), signups: total('signups'), conversions: total('conversions') };
  const ofStatus = (status: string) => sums.find((one) => one.status === status);
  const rewards = referralRewardStatuses.map((status) => {
    const found = ofStatus(status);
    return [status, { count: found?.count ?? 0, points: found?.points ?? 0 }] as const;
  });
  return { links, totals, rewards: Object.fromEntries(rewards) as MyReferrals['rewards'] };
}
