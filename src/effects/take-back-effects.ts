import type { Db } from '#db/client.ts';
import type { Jobs } from '#db/jobs.ts';
import { type Cause, type EffectRow, markEffectsTakenBack } from '#db/queries/effects.ts';
import { takeBackOwnedProducts } from '#db/queries/owned-products.ts';
import { returnStock } from '#db/queries/stock.ts';
import { endSubscription } from '#db/queries/subscriptions.ts';
import type { EffectKind } from '#schemas/refunds.ts';
import { endMembership } from '../memberships/steps/end-membership.ts';
import { announceProducts } from '../products/steps/announce-products.ts';

type Undoing = Cause & { effects: EffectRow[]; jobs: Jobs; now: Date };

/** How each kind is taken back, in the transaction of what undoes its cause. */
const UNDO: Record<EffectKind, (tx: Db, undoing: Undoing) => Promise<void>> = {
  stock: async (tx, { tenantId, effects, now }) => {
    const items = effects.map(({ targetId, quantity }) => ({ productId: targetId, quantity }));
    await announceProducts(tx, await returnStock(tx, { tenantId, items, now }));
  },
  product: (tx, { tenantId, causeId, effects, now }) =>
    takeBackOwnedProducts(tx, {
      tenantId,
      source: 'payment',
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
};
const ORDER = Object.keys(UNDO) as EffectKind[];

/** Takes back all that a cause has given, once: of two callers the second finds nothing. */
export async function takeBackEffects(
  tx: Db,
  { jobs, by, now, ...cause }: Cause & { jobs: Jobs; by: string; now: Date },
): Promise<void> {
  const taken = await markEffectsTakenBack(tx, { ...cause, by, now });
  for (const kind of ORDER) {
    const effects = taken.filter((effect) => effect.kind === kind);
    if (effects.length > 0) await UNDO[kind](tx, { ...cause, effects, jobs, now });
  }
}
