import type { Db } from '#db/client.ts';
import { findCoupon } from '#db/queries/coupons.ts';
import { findProduct } from '#db/queries/products.ts';
import { listRequired, type QuestRow } from '#db/queries/quests.ts';
import { listTierIds } from '#db/queries/tiers.ts';
import type { Reward } from '#schemas/quests.ts';
import { AppError, VALIDATION_ERROR } from '../../lib/errors.ts';
import { shapeFaults } from '../rules.ts';

type Terms = Pick<
  QuestRow,
  | 'tenantId'
  | 'kind'
  | 'event'
  | 'target'
  | 'period'
  | 'proof'
  | 'streak'
  | 'startsAt'
  | 'endsAt'
  | 'tierIds'
  | 'requires'
  | 'rewards'
> & { id: string };
type Fault = { field: string; message: string };

/** Refuses what its kind cannot have, a window that ends before it begins, and names that the brand does not have. */
export async function requireQuestTerms(db: Db, terms: Terms): Promise<void> {
  const errors = shapeFaults(terms);
  const { startsAt, endsAt } = terms;
  if (startsAt && endsAt && endsAt <= startsAt) errors.push({ field: 'endsAt', message: 'must be after startsAt' });
  errors.push(
    ...(await tierFaults(db, terms)),
    ...(await rewardFaults(db, terms)),
    ...(await requireFaults(db, terms)),
  );
  if (errors.length === 0) return;
  throw new AppError(VALIDATION_ERROR, { errors: errors.map((fault) => ({ location: 'body', ...fault })) });
}

async function tierFaults(db: Db, { tenantId, tierIds, rewards }: Terms): Promise<Fault[]> {
  const named = [
    ...tierIds.map((tierId, index) => ({ tierId, field: `tierIds.${index}` })),
    ...rewards.flatMap((one, index) =>
      one.kind === 'tier' ? [{ tierId: one.tierId, field: `rewards.${index}.tierId` }] : [],
    ),
  ];
  if (named.length === 0) return [];
  const known = await listTierIds(db, { tenantId, tierIds: named.map(({ tierId }) => tierId) });
  return named.flatMap(({ tierId, field }) =>
    known.includes(tierId) ? [] : [{ field, message: 'is no tier of this brand' }],
  );
}

async function rewardFaults(db: Db, { tenantId, rewards }: Terms): Promise<Fault[]> {
  const faults = await Promise.all(rewards.map((reward, index) => rewardFault(db, { tenantId, reward, index })));
  return faults.flat();
}

type Named = { tenantId: string; reward: Reward; index: number };

async function rewardFault(db: Db, { tenantId, reward, index }: Named): Promise<Fault[]> {
  if (reward.kind === 'coupon') {
    const coupon = await findCoupon(db, { tenantId, couponId: reward.couponId });
    const message = 'is no coupon of this brand';
    return coupon && !coupon.archivedAt ? [] : [{ field: `rewards.${index}.couponId`, message }];
  }
  if (reward.kind !== 'product') return [];
  const product = await findProduct(db, { tenantId, productId: reward.productId });
  return product ? [] : [{ field: `rewards.${index}.productId`, message: 'is no product of this brand' }];
}

/** Quests that wait for each other could never be completed. */
async function requireFaults(db: Db, { tenantId, id, requires }: Terms): Promise<Fault[]> {
  const first = requires.length === 0 ? [] : await listRequired(db, { tenantId, questIds: requires });
  const faults = requires.flatMap((questId, index) =>
    first.some((quest) => quest.id === questId)
      ? []
      : [{ field: `requires.${index}`, message: 'is no quest of this brand' }],
  );
  const seen = new Set<string>();
  let level = first;
  while (level.length > 0) {
    for (const quest of level) seen.add(quest.id);
    const next = [...new Set(level.flatMap((quest) => quest.requires))].filter((one) => !seen.has(one));
    level = next.length === 0 ? [] : await listRequired(db, { tenantId, questIds: next });
  }
  return seen.has(id) ? [...faults, { field: 'requires', message: 'must not lead back to this quest' }] : faults;
}
