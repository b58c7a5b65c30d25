import { findTierForUpdate, updateTier as saveTier } from '#db/queries/tiers.ts';
import type { Tier, UpdateTierBody } from '#schemas/memberships.ts';
import { recordChange } from '../audit/record-change.ts';
import { type Ctx, withTx } from '../context.ts';
import { isUniqueViolation } from '../lib/database-errors.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { TIER_CODE_TAKEN } from './errors.ts';
import { presentTier } from './present-tier.ts';
import { columnsOfPrice } from './rules.ts';

type Input = { tenantId: string; tierId: string; body: UpdateTierBody };

/** Changes the fields given. Who is a member of the tier stays so, at the price that they pay. */
export async function updateTier(ctx: Ctx, { tenantId, tierId, body }: Input): Promise<Tier> {
  const now = ctx.clock.now();
  const { price, ...fields } = body;
  const change = { ...fields, ...(price !== undefined && columnsOfPrice(price)) };
  try {
    return await withTx(ctx, async (tx) => {
      const old = await findTierForUpdate(tx, { tenantId, tierId });
      const row = old && (await saveTier(tx, { tenantId, tierId, change, now }));
      if (!row) throw new AppError(NOT_FOUND);
      const [before, after] = [presentTier(old), presentTier(row)];
      const target = { type: 'tier', id: tierId };
      await recordChange(ctx, { db: tx, tenantId, action: 'tier.updated', target, before, after, now });
      return after;
    });
  } catch (error) {
    if (isUniqueViolation(error, 'tiers_code_key')) throw new AppError(TIER_CODE_TAKEN);
    throw error;
  }
}
