import type { Db } from '#db/client.ts';
import type { NewCoupon } from '#db/queries/coupons.ts';
import { findTenant } from '#db/queries/tenants.ts';
import type { CreateCouponBody } from '#schemas/coupons.ts';
import { AppError, NOT_FOUND } from '../../lib/errors.ts';
import { newId } from '../../lib/ids.ts';
import { completeBudgets, completeOptions, currencyOf } from '../terms-rules.ts';

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
  autoPause: { minimum: 20, factor: 5 },
  active: true,
  pausedAt: null,
  pausedReason: null,
  pausedRate: null,
  resumedAt: null,
  archivedAt: null,
  metadata: {},
  externalId: null,
};

type Input = { tenantId: string; body: CreateCouponBody; now: Date };

/** The coupon that a body describes, complete with what it does not say. Nothing is written. */
export async function newCoupon(db: Db, { tenantId, body, now }: Input): Promise<NewCoupon> {
  const tenant = await findTenant(db, tenantId);
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
