import { countUses, sumRedemptions, sumRenewals } from '#db/queries/coupon-reports.ts';
import { findCoupon } from '#db/queries/coupons.ts';
import { findTenant } from '#db/queries/tenants.ts';
import type { CouponAnalytics, CouponAnalyticsQuery } from '#schemas/coupon-reports.ts';
import type { Ctx } from '../context.ts';
import { AppError, NOT_FOUND, VALIDATION_ERROR } from '../lib/errors.ts';
import { addSeconds } from '../lib/time.ts';
import { figuresOf, MAX_POINTS, periodStarts } from './series-rules.ts';

type Input = CouponAnalyticsQuery & { tenantId: string; couponId: string };

const DAYS = 30;

/** How a coupon was used over time, by the clock of the brand. */
export async function getAnalytics(
  ctx: Ctx,
  { tenantId, couponId, interval, ...asked }: Input,
): Promise<CouponAnalytics> {
  const { db } = ctx;
  const to = asked.to ?? ctx.clock.now();
  const from = asked.from ?? addSeconds(to, -DAYS * 86_400);
  const [coupon, tenant] = await Promise.all([findCoupon(db, { tenantId, couponId }), findTenant(db, tenantId)]);
  if (!coupon || !tenant) throw new AppError(NOT_FOUND);
  if (from >= to) throw faultOf('to', 'must be after from');
  const { timezone } = tenant;
  const starts = periodStarts({ timezone, interval, from, to });
  if (starts === null) throw faultOf('interval', `must give at most ${MAX_POINTS} points: take a longer one`);
  const series = { tenantId, couponId, from, to, starts };
  const [claims, redemptions, released, sums, renewals] = await Promise.all([
    countUses(db, { ...series, moment: 'claimedAt' }),
    countUses(db, { ...series, moment: 'redeemedAt' }),
    countUses(db, { ...series, moment: 'releasedAt' }),
    sumRedemptions(db, series),
    sumRenewals(db, series),
  ]);
  const figures = figuresOf({ claims, redemptions, released, sums: [...sums, ...renewals] }, starts.length);
  const points = figures.series.map((point, index) => ({ start: starts[index] ?? from, ...point }));
  return { couponId, timezone, from, to, interval, totals: figures.totals, series: points };
}

function faultOf(field: string, message: string): AppError {
  return new AppError(VALIDATION_ERROR, { errors: [{ location: 'query', field, message }] });
}
