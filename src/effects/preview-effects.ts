import type { Db } from '#db/client.ts';
import { type Cause, type EffectRow, listEffects } from '#db/queries/effects.ts';
import { listFalling } from '../quests/steps/list-falling.ts';
import { listFallingRewards } from '../referrals/steps/list-falling-rewards.ts';

/** All that undoing the cause would take back, with what falls with it. Nothing is written. */
export async function previewEffects(db: Db, cause: Cause): Promise<EffectRow[]> {
  const { tenantId } = cause;
  const own = await listEffects(db, cause);
  const counted = own.filter(({ kind }) => kind === 'progress');
  const used = own.filter(({ kind }) => kind === 'coupon');
  const converted = own.filter(({ kind }) => kind === 'conversion');
  const falling = [
    ...(await listFalling(db, { tenantId, effects: counted })),
    ...(await listFallingRewards(db, { tenantId, conversionIds: converted.map(({ targetId }) => targetId) })),
    ...used.map(({ targetId: causeId }) => ({ tenantId, causeType: 'claim' as const, causeId })),
  ];
  const others = await Promise.all(falling.map((one) => previewEffects(db, one)));
  return [...own, ...others.flat()];
}
