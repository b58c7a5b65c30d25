import type { Db } from '#db/client.ts';
import {
  type CouponChange,
  type CouponRow,
  findCouponForUpdate,
  updateCoupon as saveCoupon,
  setMaxRedemptions,
} from '#db/queries/coupons.ts';
import { findTenant } from '#db/queries/tenants.ts';
import type { Coupon, UpdateCouponBody } from '#schemas/coupons.ts';
import { recordChange } from '../audit/record-change.ts';
import { type Ctx, withTx } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { COUPON_IN_USE } from './errors.ts';
import { presentCoupon, termsOf } from './present-coupon.ts';
import { refuseTakenKeys } from './refuse-taken-keys.ts';
import { queueSync } from './steps/queue-sync.ts';
import { requireTerms } from './steps/require-terms.ts';
import { completeBudgets, completeOptions, currencyOf } from './terms-rules.ts';

type Input = { tenantId: string; couponId: string; body: UpdateCouponBody };

/** Changes the fields given. Who has claimed it keeps the claim, at the new terms. */
export async function updateCoupon(ctx: Ctx, { tenantId, couponId, body }: Input): Promise<Coupon> {
  const now = ctx.clock.now();
  try {
    return await withTx(ctx, async (tx) => {
      const old = await findCouponForUpdate(tx, { tenantId, couponId });
      if (!old) throw new AppError(NOT_FOUND);
      const { maxRedemptions = old.maxRedemptions } = body;
      const change = await changeOf(tx, { old, body, now });
      await requireTerms(tx, { ...old, ...change });
      await limit(tx, old, maxRedemptions);
      const terms = await saveCoupon(tx, { tenantId, couponId, change, now });
      if (!terms) throw new AppError(NOT_FOUND);
      const row = { ...old, ...terms, maxRedemptions };
      const target = { type: 'coupon', id: couponId };
      const [before, after] = [termsOf(old), termsOf(row)];
      await queueSync(tx, { tenantId, couponId, jobs: ctx.deps.jobs });
      await recordChange(ctx, { db: tx, tenantId, action: 'coupon.updated', target, before, after, now });
      return presentCoupon(row);
    });
  } catch (error) {
    return refuseTakenKeys(error);
  }
}

type Changing = { old: CouponRow; body: UpdateCouponBody; now: Date };

async function changeOf(tx: Db, { old, body, now }: Changing): Promise<CouponChange> {
  const { currencyOptions, budgets, maxRedemptions: _most, paused, ...fields } = body;
  const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as CouponChange;
  const tenant = await findTenant(tx, old.tenantId);
  if (!tenant) throw new AppError(NOT_FOUND);
  const currency = currencyOf({ ...old, ...given }, tenant.currency);
  return {
    ...given,
    currency,
    ...(currencyOptions && { currencyOptions: completeOptions(currencyOptions) }),
    ...(budgets && { budgets: completeBudgets(budgets, currency ?? tenant.currency) }),
    ...(paused === false && old.pausedAt !== null && { pausedAt: null, pausedReason: null, resumedAt: now }),
  };
}

async function limit(tx: Db, old: CouponRow, maxRedemptions: number | null): Promise<void> {
  if (maxRedemptions === old.maxRedemptions) return;
  const { tenantId, id: couponId, claimed, reserved, redeemed } = old;
  if (await setMaxRedemptions(tx, { tenantId, couponId, maxRedemptions })) return;
  throw new AppError(COUPON_IN_USE, { used: claimed + reserved + redeemed });
}
