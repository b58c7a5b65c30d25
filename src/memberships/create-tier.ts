import { insertTier } from '#db/queries/tiers.ts';
import type { CreateTierBody, Tier } from '#schemas/memberships.ts';
import { recordChange } from '../audit/record-change.ts';
import { type Ctx, withTx } from '../context.ts';
import { isUniqueViolation } from '../lib/database-errors.ts';
import { AppError } from '../lib/errors.ts';
import { newId } from '../lib/ids.ts';
import { TIER_CODE_TAKEN } from './errors.ts';
import { presentTier } from './present-tier.ts';
import { columnsOfPrice } from './rules.ts';

const DEFAULTS = { benefits: [], pointsThreshold: null, trialDays: 0, active: true };

export async function createTier(
  ctx: Ctx,
  { tenantId, body }: { tenantId: string; body: CreateTierBody },
): Promise<Tier> {
  const now = ctx.clock.now();
  const { price = null, ...fields } = body;
  const tier = {
    ...DEFAULTS,
    ...fields,
    ...columnsOfPrice(price),
    tenantId,
    id: newId(),
    createdAt: now,
    updatedAt: now,
  };
  try {
    return await withTx(ctx, async (tx) => {
      const after = presentTier(await insertTier(tx, tier));
      const target = { type: 'tier', id: tier.id };
      await recordChange(ctx, { db: tx, tenantId, action: 'tier.created', target, after, now });
      return after;
    });
  } catch (error) {
    if (isUniqueViolation(error, 'tiers_code_key')) throw new AppError(TIER_CODE_TAKEN);
    throw error;
  }
}
