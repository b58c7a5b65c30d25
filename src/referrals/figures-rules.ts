import type { ReferralFigures } from '#schemas/referral-analytics.ts';

const COUNTS = ['clicks', 'uniqueVisitors', 'signups', 'conversions', 'rewardsPoints'] as const;
type Counts = Record<(typeof COUNTS)[number], number>;
type Revenue = { currency: string; revenue: number };

/** The sum of these, with revenue by currency: the brand's own comes first, also without any. */
export function figuresOf(
  { counts, revenue }: { counts: readonly Counts[]; revenue: readonly Revenue[] },
  ownCurrency: string,
): ReferralFigures {
  const sum = (name: keyof Counts) => counts.reduce((all, row) => all + row[name], 0);
  const { clicks, conversions, ...others } = Object.fromEntries(COUNTS.map((name) => [name, sum(name)])) as Counts;
  const conversionRate = computeRate({ clicks, conversions });
  return { clicks, conversions, ...others, revenue: amountsOf(revenue, ownCurrency), conversionRate };
}

function amountsOf(revenue: readonly Revenue[], ownCurrency: string): ReferralFigures['revenue'] {
  const amounts = new Map<string, number>();
  for (const one of revenue) amounts.set(one.currency, (amounts.get(one.currency) ?? 0) + one.revenue);
  const others = [...amounts].filter(([currency, amount]) => currency !== ownCurrency && amount !== 0).sort();
  return [[ownCurrency, amounts.get(ownCurrency) ?? 0] as const, ...others].map(([currency, amount]) => ({
    amount,
    currency,
  }));
}

/** Conversions for each click, to four decimals; 0 without clicks. */
export function computeRate({ clicks, conversions }: { clicks: number; conversions: number }): number {
  return clicks === 0 ? 0 : Math.round((conversions / clicks) * 10_000) / 10_000;
}
