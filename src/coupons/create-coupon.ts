import type { Db } from '#db/client.ts';
import { insertCoupon, insertPromotionCode, type NewCoupon } from '#db/queries/coupons.ts';
import { findTenant } from '#db/queries/tenants.ts';
import type { Coupon, CreateCouponBody } from '#schemas/coupons.ts';
import { recordChange } from '../audit/record-change.ts';
import { type Ctx, withTx } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { newId } from '../lib/ids.ts';
import { presentCoupon, termsOf } from './present-coupon.ts';
import { refuseTakenKeys } from './refuse-taken-keys.ts';
import { codeKeyOf } from './rules.ts';
import { requireTerms } from './steps/require-terms.ts';
import { completeBudgets, completeOptions, currencyOf } from './terms-rules.ts';

const DEFAULTS = {
  code: null,
  description: null,
  percentOff: null,
  amountOff: null,
  currency: null,
  productId: null,
  maxDiscount: null,
  minSubtotal: null,
  startsAt: null,
  endsAt: null,
  hours: [],
  maxRedemptions: null,
  maxPerUser: null,
  perUserPeriod: null,
  firstPurchaseOnly: false,
  tierIds: [],
  productIds: [],
  public: false,
  stackable: false,
  claimTtlSeconds: 1_800,
  duration: 'once' as const,
  durationInMonths: null,
  active: true,
  pausedAt: null,
  pausedReason: null,
  archivedAt: null,
  metadata: {},
  externalId: null,
};

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

async function newCoupon(tx: Db, { tenantId, body, now }: Input & { now: Date }): Promise<NewCoupon> {
  const tenant = await findTenant(tx, tenantId);
  if (!tenant) throw new AppError(NOT_FOUND);
  const { currencyOptions = {}, budgets = [], ...fields } = body;
  const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  const terms = { ...DEFAULTS, ...(given as Partial<typeof DEFAULTS>), name: body.name, kind: body.kind };
  const currency = currencyOf(terms, tenant.currency);
  return {
    ...terms,
    currency,
    currencyOptions: completeOptions(currencyOptions),
    budgets: completeBudgets(budgets, currency ?? tenant.currency),
    tenantId,
    id: newId(),
    createdAt: now,
    updatedAt: now,
  };
}
