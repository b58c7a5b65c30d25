import { insertCoupon, insertPromotionCode } from '#db/queries/coupons.ts';
import type { Coupon, CreateCouponBody } from '#schemas/coupons.ts';
import { recordChange } from '../audit/record-change.ts';
import { type Ctx, withTx } from '../context.ts';
import { newId } from '../lib/ids.ts';
import { presentCoupon, termsOf } from './present-coupon.ts';
import { refuseTakenKeys } from './refuse-taken-keys.ts';
import { codeKeyOf } from './rules.ts';
import { newCoupon } from './steps/new-coupon.ts';
import { requireTerms } from './steps/require-terms.ts';

type Input = { tenantId: string; body: CreateCouponBody };

/** A coupon with its counters and, if it has one, its code. */
export async function createCoupon(ctx: Ctx, { tenantId, body }: Input): Promise<Coupon> {
  const now = ctx.clock.now();
  try {
    return await withTx(ctx, async (tx) => {
      const coupon = await newCoupon(tx, { tenantId, body, now });
      await requireTerms(tx, coupon);
      const row = await insertCoupon(tx, coupon);
      const { id: couponId, code } = coupon;
      const codeKey = code === null ? null : codeKeyOf(code);
      if (code !== null && codeKey !== null) {
        const what = { tenantId, id: newId(), couponId, code, codeKey, singleUse: false };
        await insertPromotionCode(tx, { ...what, createdAt: now });
      }
      const target = { type: 'coupon', id: couponId };
      await recordChange(ctx, { db: tx, tenantId, action: 'coupon.created', target, after: termsOf(row), now });
      return presentCoupon(row);
    });
  } catch (error) {
    return refuseTakenKeys(error);
  }
}
