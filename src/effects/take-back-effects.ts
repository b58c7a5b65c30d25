import type { Db } from '#db/client.ts';
import type { Jobs } from '#db/jobs.ts';
import { listClaimsForUpdate } from '#db/queries/coupon-claims.ts';
import { type Cause, type EffectRow, markEffectsTakenBack } from '#db/queries/effects.ts';
import { takeBackOwnedProducts } from '#db/queries/owned-products.ts';
import { returnStock } from '#db/queries/stock.ts';
import { endSubscription } from '#db/queries/subscriptions.ts';
import type { OwnershipSource } from '#schemas/products.ts';
import type { EffectCause, EffectKind } from '#schemas/refunds.ts';
import { releaseClaims } from '../coupons/steps/release-claims.ts';
import { endMembership } from '../memberships/steps/end-membership.ts';
import { returnTier } from '../memberships/steps/return-tier.ts';
import { movePoints } from '../points/steps/move-points.ts';
import { announceProducts } from '../products/steps/announce-products.ts';
import { undoProgress } from '../quests/steps/undo-progress.ts';
import { reverseConversion } from '../referrals/steps/reverse-conversion.ts';

type Undoing = Cause & {
  effects: EffectRow[];
  by: string;
  jobs: Jobs;
  now: Date;
  /** Takes back what something gave that falls with this one. */
  takeBackOf: (cause: Cause) => Promise<void>;
};

const SOURCE = {
  payment: 'payment',
  claim: 'coupon',
  quest: 'quest',
  purchase: 'grant',
  referral: 'referral',
} as const satisfies Record<EffectCause, OwnershipSource>;

/** How each kind is taken back, in the transaction of what undoes its cause. */
const UNDO: Record<EffectKind, (tx: Db, undoing: Undoing) => Promise<void>> = {
  stock: async (tx, { tenantId, effects, jobs: { baseUrl }, now }) => {
    const items = effects.map(({ targetId, quantity }) => ({ productId: targetId, quantity }));
    await announceProducts(tx, { rows: await returnStock(tx, { tenantId, items, now }), baseUrl });
  },
  product: (tx, { tenantId, causeType, causeId, effects, now }) =>
    takeBackOwnedProducts(tx, {
      tenantId,
      source: SOURCE[causeType],
      sourceId: causeId,
      productIds: effects.map(({ targetId }) => targetId),
      now,
    }),
  membership: async (tx, { tenantId, effects, now }) => {
    for (const { userId, targetId: tierId } of effects) await endMembership(tx, { tenantId, userId, tierId, now });
  },
  // The processor is told by a job: it must not charge for another period.
  period: async (tx, { tenantId, effects, jobs, now }) => {
    for (const { userId, targetId: subscriptionId } of effects) {
      await endSubscription(tx, { tenantId, subscriptionId, now });
      await endMembership(tx, { tenantId, userId, subscriptionId, now });
      await jobs.enqueue(tx, 'endSubscription', { tenantId, subscriptionId });
    }
  },
  coupon: async (tx, { tenantId, causeType, effects, by, now, takeBackOf }) => {
    const held = await listClaimsForUpdate(tx, { tenantId, claimIds: effects.map(({ targetId }) => targetId) });
    const isReward = causeType === 'quest' || causeType === 'referral';
    // A claim that was a reward and is used is no reward any more, but a part of what it was used for.
    const claims = isReward ? held.filter(({ status }) => status === 'claimed') : held;
    const reason = isReward ? causeType : by.startsWith('refund:') ? 'refund' : 'payment';
    const released = await releaseClaims(tx, { tenantId, claims, reason, now });
    for (const { id: causeId } of released) await takeBackOf({ tenantId, causeType: 'claim', causeId });
  },
  conversion: async (tx, { tenantId, effects, by, takeBackOf, now }) => {
    for (const { targetId: conversionId } of effects) {
      await reverseConversion(tx, { tenantId, conversionId, by, takeBackOf, now });
    }
  },
  progress: (tx, { tenantId, effects, takeBackOf, now }) => undoProgress(tx, { tenantId, effects, takeBackOf, now }),
  tier: async (tx, { tenantId, effects, now }) => {
    for (const { userId, targetId: tierId, quantity: days } of effects) {
      await returnTier(tx, { tenantId, userId, lent: { tierId, days }, now });
    }
  },
  points: async (tx, { tenantId, causeType, causeId, effects, now }) => {
    const cause = { type: causeType, id: causeId };
    for (const { targetId: membershipId, quantity, givenAt: earnedAt } of effects) {
      await movePoints(tx, { tenantId, membershipId, amount: -quantity, reason: 'taken_back', cause, earnedAt, now });
    }
  },
};
const ORDER = Object.keys(UNDO) as EffectKind[];

type TakingBack = Cause & {
  jobs: Jobs;
  by: string;
  /** What stays given, whatever becomes of its cause. */
  except?: EffectKind;
  now: Date;
};

/** Takes back all that a cause has given, once: of two callers the second finds nothing. */
export async function takeBackEffects(tx: Db, { jobs, by, except, now, ...cause }: TakingBack): Promise<void> {
  const taken = await markEffectsTakenBack(tx, { ...cause, by, except, now });
  const takeBackOf = (other: Cause) => takeBackEffects(tx, { ...other, jobs, by, now });
  for (const kind of ORDER) {
    const effects = taken.filter((effect) => effect.kind === kind);
    if (effects.length > 0) await UNDO[kind](tx, { ...cause, effects, by, jobs, now, takeBackOf });
  }
}
