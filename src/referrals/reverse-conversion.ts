import { findConversion } from '#db/queries/referral-conversions.ts';
import type { ReferralConversion } from '#schemas/referral-conversions.ts';
import { recordChange } from '../audit/record-change.ts';
import { type Ctx, withTx } from '../context.ts';
import { takeBackEffects } from '../effects/take-back-effects.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { NOT_REVERSIBLE } from './errors.ts';
import { presentConversion } from './present-referral.ts';
import { reverseConversion as reverse } from './steps/reverse-conversion.ts';

type Input = { tenantId: string; conversionId: string };

/** Takes a conversion back by hand, for a purchase elsewhere that was returned, or for fraud: once. */
export async function reverseConversion(ctx: Ctx, key: Input): Promise<ReferralConversion> {
  const now = ctx.clock.now();
  const { tenantId, conversionId } = key;
  const { jobs } = ctx.deps;
  return withTx(ctx, async (tx) => {
    const before = await findConversion(tx, key);
    if (!before) throw new AppError(NOT_FOUND);
    const by = 'staff';
    const row = await reverse(tx, {
      ...key,
      by,
      takeBackOf: (cause) => takeBackEffects(tx, { ...cause, jobs, by, now }),
      now,
    });
    if (!row) throw new AppError(NOT_REVERSIBLE, { status: before.status });
    const target = { type: 'referralConversion', id: conversionId };
    const change = { before: { status: before.status }, after: { status: row.status } };
    await recordChange(ctx, { db: tx, tenantId, action: 'referralConversion.reversed', target, ...change, now });
    return presentConversion(row);
  });
}
