import type { ReferralFigures } from '#schemas/referral-analytics.ts';

type Sums = {
  currency: string;
  clicks: number;
  uniqueVisitors: number;
  signups: number;
  conversions: number;
  rewardsPoints: number;
  revenue: number;
};

/** The figures of rows of one currency each. The brand's own currency is there without revenue, too. */
export function figuresOf(rows: readonly Sums[], currency: string): ReferralFigures {
  const sum = (name: Exclude<keyof Sums, 'currency'>) => rows.reduce((all, row) => all + row[name], 0);
  const amounts = new Map([[currency, 0]]);
  for (const row of rows) {
    if (row.revenue !== 0) amounts.set(row.currency, (amounts.get(row.currency) ?? 0) + row.revenue);
  }
  const [own = { currency, amount: 0 }, ...others] = [...amounts].map(([code, amount]) => ({ amount, currency: code }));
  const visits = { clicks: sum('clicks'), uniqueVisitors: sum('uniqueVisitors') };
  const conversions = sum('conversions');
  return {
    ...visits,
    signups: sum('signups'),
    conversions,
    revenue: [own, ...others.sort((a, b) => (a.currency < b.currency ? -1 : 1))],
    rewardsPoints: sum('rewardsPoints'),
    conversionRate: computeRate({ clicks: visits.clicks, conversions }),
  };
}

/** Conversions for each click, to four decimals. */
export function computeRate({ clicks, conversions }: { clicks: number; conversions: number }): number {
  return clicks === 0 ? 0 : Math.round((conversions / clicks) * 10_000) / 10_000;
}
