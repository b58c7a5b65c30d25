import type { Db } from '#db/client.ts';
import type { NewQuestClaim } from '#db/queries/quest-claims.ts';
import type { GivenReward } from '#schemas/quest-progress.ts';
import type { Reward } from '#schemas/quests.ts';
import { grantClaim } from '../../coupons/steps/grant-claim.ts';
import { type Given, recordEffects } from '../../effects/record-effects.ts';
import { addDays } from '../../lib/time.ts';
import { lendTier } from '../../memberships/steps/lend-tier.ts';
import { giveProducts } from '../../products/steps/give-products.ts';
import { RewardUnavailable } from './reward-unavailable.ts';

type Giving = { claim: NewQuestClaim; rewards: readonly Reward[]; baseUrl: string; now: Date };
type One<Kind extends Reward['kind']> = Omit<Giving, 'rewards'> & { reward: Extract<Reward, { kind: Kind }> };

/** What a claim gives beside points, as effects of it. One that cannot be given now is refused with all the others. */
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

async function giveCoupon(tx: Db, { claim, reward, now }: One<'coupon'>): Promise<GivenReward> {
  const { tenantId, userId } = claim;
  const expiresAt = addDays(now, reward.validDays);
  const granted = await grantClaim(tx, { tenantId, userId, couponId: reward.couponId, expiresAt, now });
  if (!granted.ok) throw new RewardUnavailable({ kind: 'coupon', id: reward.couponId, reasons: granted.reasons });
  await record(tx, { claim, kind: 'coupon', given: { targetId: granted.claim.id, quantity: 1 } });
  return { kind: 'coupon', id: granted.claim.id, quantity: 1 };
}

async function giveProduct(tx: Db, { claim, reward, baseUrl, now }: One<'product'>): Promise<GivenReward> {
  const { tenantId, userId, id: causeId } = claim;
  const { productId, quantity } = reward;
  const cause = { tenantId, userId, causeType: 'quest' as const, causeId, source: 'quest' as const };
  const isGiven = await giveProducts(tx, { ...cause, productId, quantity, baseUrl, now });
  if (!isGiven) throw new RewardUnavailable({ kind: 'product', id: productId, reasons: ['OUT_OF_STOCK'] });
  return { kind: 'product', id: productId, quantity };
}

/** Who has a tier as high, or pays for one, keeps that: then there is nothing to give. */
async function giveTier(tx: Db, { claim, reward, now }: One<'tier'>): Promise<GivenReward | null> {
  const { tenantId, userId } = claim;
  const { tierId, days } = reward;
  if (!(await lendTier(tx, { tenantId, userId, tierId, days, now }))) return null;
  await record(tx, { claim, kind: 'tier', given: { targetId: tierId, quantity: days } });
  return { kind: 'tier', id: tierId, quantity: days };
}

type Recording = { claim: NewQuestClaim; kind: 'coupon' | 'tier'; given: Given };

function record(tx: Db, { claim, kind, given }: Recording): Promise<void> {
  const { tenantId, id: causeId, userId, createdAt: now } = claim;
  return recordEffects(tx, { tenantId, causeType: 'quest', causeId, kind, userId, given: [given], now });
}
