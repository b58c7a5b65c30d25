import type { Db } from '#db/client.ts';
import type { GivenReward } from '#schemas/quest-progress.ts';
import type { Reward } from '#schemas/quests.ts';
import { grantClaim } from '../coupons/steps/grant-claim.ts';
import { addDays } from '../lib/time.ts';
import { lendTier } from '../memberships/steps/lend-tier.ts';
import { giveProducts } from '../products/steps/give-products.ts';
import { recordEffects } from './record-effects.ts';
import { RewardUnavailable } from './reward-unavailable.ts';

/** What gives them: the claim of a quest, or the reward of a referral. */
export type RewardCause = { tenantId: string; userId: string; causeType: 'quest' | 'referral'; causeId: string };
type Giving = { cause: RewardCause; rewards: readonly Reward[]; baseUrl: string; now: Date };
type One<Kind extends Reward['kind']> = Omit<Giving, 'rewards'> & { reward: Extract<Reward, { kind: Kind }> };

/** What a cause gives beside points, as effects of it. One that cannot be given now is refused with all the others. */
export async function giveRewards(tx: Db, { rewards, ...giving }: Giving): Promise<GivenReward[]> {
  const given: GivenReward[] = [];
  // In one order for all claims, so that two of them wait for each other.
  for (const reward of [...rewards].sort((a, b) => keyOf(a).localeCompare(keyOf(b)))) {
    const one = await give(tx, { reward, ...giving });
    if (one) given.push(one);
  }
  return given;
}

function keyOf(reward: Reward): string {
  const id = reward.kind === 'coupon' ? reward.couponId : reward.kind === 'product' ? reward.productId : '';
  return `${reward.kind} ${id}`;
}

function give(
  tx: Db,
  { reward, ...giving }: Omit<Giving, 'rewards'> & { reward: Reward },
): Promise<GivenReward | null> {
  switch (reward.kind) {
    case 'coupon':
      return giveCoupon(tx, { ...giving, reward });
    case 'product':
      return giveProduct(tx, { ...giving, reward });
    case 'tier':
      return giveTier(tx, { ...giving, reward });
    case 'points':
      return Promise.resolve(null);
  }
}

async function giveCoupon(tx: Db, { cause, reward, now }: One<'coupon'>): Promise<GivenReward> {
  const { tenantId, userId } = cause;
  const expiresAt = addDays(now, reward.validDays);
  const granted = await grantClaim(tx, { tenantId, userId, couponId: reward.couponId, expiresAt, now });
  if (!granted.ok) throw new RewardUnavailable({ kind: 'coupon', id: reward.couponId, reasons: granted.reasons });
  await recordEffects(tx, { ...cause, kind: 'coupon', given: [{ targetId: granted.claim.id, quantity: 1 }], now });
  return { kind: 'coupon', id: granted.claim.id, quantity: 1 };
}

async function giveProduct(tx: Db, { cause, reward, baseUrl, now }: One<'product'>): Promise<GivenReward> {
  const { productId, quantity } = reward;
  const source = cause.causeType;
  const isGiven = await giveProducts(tx, { ...cause, source, productId, quantity, baseUrl, now });
  if (!isGiven) throw new RewardUnavailable({ kind: 'product', id: productId, reasons: ['OUT_OF_STOCK'] });
  return { kind: 'product', id: productId, quantity };
}

/** Who has a tier as high, or pays for one, keeps that: then there is nothing to give. */
async function giveTier(tx: Db, { cause, reward, now }: One<'tier'>): Promise<GivenReward | null> {
  const { tenantId, userId } = cause;
  const { tierId, days } = reward;
  if (!(await lendTier(tx, { tenantId, userId, tierId, days, now }))) return null;
  await recordEffects(tx, { ...cause, kind: 'tier', given: [{ targetId: tierId, quantity: days }], now });
  return { kind: 'tier', id: tierId, quantity: days };
}
