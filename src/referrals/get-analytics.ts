import { findReferralAnalytics, type LineSums } from '#db/queries/referral-analytics.ts';
import { findTenant } from '#db/queries/tenants.ts';
import type { ReferralAnalytics, ReferralAnalyticsQuery } from '#schemas/referral-analytics.ts';
import type { Device } from '#schemas/referrals.ts';
import type { Ctx } from '../context.ts';
import { MAX_POINTS, periodStarts } from '../coupons/series-rules.ts';
import { AppError, NOT_FOUND, VALIDATION_ERROR } from '../lib/errors.ts';
import { localDay } from '../lib/zoned-time.ts';
import { decideRange, instantsOf, spansOf } from './analytics-rules.ts';
import { figuresOf } from './figures-rules.ts';

type Input = ReferralAnalyticsQuery & { tenantId: string };

/** How the referrals of a brand do, by its calendar: from rollups, and what they do not know yet. */
export async function getReferralAnalytics(
  ctx: Ctx,
  { tenantId, interval, limit, ...asked }: Input,
): Promise<ReferralAnalytics> {
  const tenant = await findTenant(ctx.db, tenantId);
  if (!tenant) throw new AppError(NOT_FOUND);
  const { timezone, currency } = tenant;
  const days = decideRange({ timezone, from: asked.from, to: asked.to, now: ctx.clock.now() });
  if (!days) throw faultOf('to', 'must not be before from');
  const range = { timezone, interval, ...instantsOf(days, timezone) };
  const starts = periodStarts(range);
  if (!starts) throw faultOf('interval', `must give at most ${MAX_POINTS} points: take a longer one`);
  const found = await findReferralAnalytics(ctx.db, {
    ...{ tenantId, currency, limit, ...days },
    starts: starts.map((start) => localDay(timezone, start)),
    spans: spansOf(days),
  });
  const periods = Map.groupBy(found.series, ({ period }) => period);
  const series = starts.map((start, index) => ({ start, ...figuresOf(periods.get(index + 1) ?? [], currency) }));
  return { ...range, totals: figuresOf(found.series, currency), series, ...linesOf(found.lines, currency) };
}

function linesOf(lines: readonly LineSums[], currency: string) {
  const by = (dimension: LineSums['dimension']) =>
    [
      ...Map.groupBy(
        lines.filter((line) => line.dimension === dimension),
        ({ key }) => key,
      ),
    ].map(([key, rows]) => ({
      key,
      name: rows[0]?.name ?? null,
      figures: figuresOf(rows, currency),
    }));
  return {
    topReferrers: by('referrer').map(({ key, name, figures }) => ({ userId: key, name, ...figures })),
    sources: by('source').map(({ key, figures }) => ({ source: key, ...figures })),
    devices: by('device').map(({ key, figures }) => ({ device: key as Device, ...visitsOf(figures) })),
    countries: by('country').map(({ key, figures }) => ({ country: key, ...visitsOf(figures) })),
  };
}

const visitsOf = ({ clicks, uniqueVisitors }: { clicks: number; uniqueVisitors: number }) => ({
  clicks,
  uniqueVisitors,
});

function faultOf(field: string, message: string): AppError {
  return new AppError(VALIDATION_ERROR, { errors: [{ location: 'query', field, message }] });
}
