import { findReferralAnalytics, type Line } from '#db/queries/referral-analytics.ts';
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
    ...{ tenantId, limit, ...days },
    starts: starts.map((start) => localDay(timezone, start)),
    spans: spansOf(days),
  });
  const counts = Map.groupBy(found.series, ({ period }) => period);
  const revenue = Map.groupBy(found.seriesRevenue, ({ period }) => period);
  const series = starts.map((start, index) => {
    const rows = { counts: counts.get(index + 1) ?? [], revenue: revenue.get(index + 1) ?? [] };
    return { start, ...figuresOf(rows, currency) };
  });
  const totals = figuresOf({ counts: found.series, revenue: found.seriesRevenue }, currency);
  return { ...range, totals, series, ...linesOf(found, currency) };
}

type Lines = Pick<Awaited<ReturnType<typeof findReferralAnalytics>>, 'lines' | 'linesRevenue'>;

function linesOf({ lines, linesRevenue }: Lines, currency: string) {
  const revenue = Map.groupBy(linesRevenue, ({ dimension, key }) => `${dimension} ${key}`);
  const by = (wanted: Line['dimension']) => lines.filter(({ dimension }) => dimension === wanted);
  const figures = (line: Line) =>
    figuresOf({ counts: [line], revenue: revenue.get(`${line.dimension} ${line.key}`) ?? [] }, currency);
  return {
    topReferrers: by('referrer').map((line) => ({ userId: line.key, name: line.name, ...figures(line) })),
    sources: by('source').map((line) => ({ source: line.key, ...figures(line) })),
    devices: by('device').map((line) => ({ device: line.key as Device, ...visitsOf(line) })),
    countries: by('country').map((line) => ({ country: line.key, ...visitsOf(line) })),
  };
}

const visitsOf = ({ clicks, uniqueVisitors }: { clicks: number; uniqueVisitors: number }) => ({
  clicks,
  uniqueVisitors,
});

function faultOf(field: string, message: string): AppError {
  return new AppError(VALIDATION_ERROR, { errors: [{ location: 'query', field, message }] });
}
