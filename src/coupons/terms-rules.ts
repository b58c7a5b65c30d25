import type { CouponBudget, CouponDuration, CouponKind, MoneyOptions } from '#schemas/coupons.ts';
import { stepOf } from '../lib/currencies.ts';

export type CouponTerms = {
  kind: CouponKind;
  percentOff: number | null;
  amountOff: number | null;
  currency: string | null;
  currencyOptions: Readonly<Record<string, MoneyOptions>>;
  productId: string | null;
  maxDiscount: number | null;
  minSubtotal: number | null;
  startsAt: Date | null;
  endsAt: Date | null;
  duration: CouponDuration;
  durationInMonths: number | null;
  budgets: readonly CouponBudget[];
};
export type Fault = { field: string; message: string };

const GIFT = { percent: 'percentOff', amount: 'amountOff', product: 'productId' } as const;

/** What is wrong with the terms of a coupon as a whole: nothing when they can be kept. */
export function faultsOf(terms: CouponTerms): Fault[] {
  return [...faultsOfGift(terms), ...faultsOfSums(terms), ...faultsOfTimes(terms), ...faultsOfBudgets(terms)];
}

function faultsOfGift(terms: CouponTerms): Fault[] {
  return Object.entries(GIFT).flatMap(([kind, field]) => {
    const isThere = terms[field] !== null;
    if (isThere === (terms.kind === kind)) return [];
    const message = isThere ? `is not for a coupon of kind ${terms.kind}` : `is required for the kind ${kind}`;
    return [{ field, message }];
  });
}

const SUMS = ['amountOff', 'maxDiscount', 'minSubtotal'] as const;

function faultsOfSums(terms: CouponTerms): Fault[] {
  const options = Object.entries(terms.currencyOptions).map(([currency, sums]) => ({
    currency,
    sums,
    at: `currencyOptions.${currency}.`,
  }));
  const all = [{ currency: terms.currency ?? '', sums: terms as MoneyOptions, at: '' }, ...options];
  const odd = all.flatMap(({ currency, sums, at }) =>
    SUMS.filter((name) => (sums[name] ?? 0) % stepOf(currency) !== 0).map((name) => ({
      field: `${at}${name}`,
      message: 'must be a multiple of 10 in a currency of three decimals',
    })),
  );
  const own = options.filter(({ currency }) => currency === terms.currency);
  const twice = own.map(({ currency }) => ({
    field: `currencyOptions.${currency}`,
    message: 'is the currency of the coupon itself',
  }));
  const missing = options.filter(({ sums }) => (terms.kind === 'amount') !== (sums.amountOff !== null));
  const unclear = missing.map(({ at }) => ({
    field: `${at}amountOff`,
    message: terms.kind === 'amount' ? 'is required for the kind amount' : `is not for a coupon of kind ${terms.kind}`,
  }));
  return [...odd, ...twice, ...unclear];
}

function faultsOfTimes({ startsAt, endsAt, duration, durationInMonths }: CouponTerms): Fault[] {
  const faults: Fault[] = [];
  if (startsAt !== null && endsAt !== null && startsAt >= endsAt) {
    faults.push({ field: 'endsAt', message: 'must be after startsAt' });
  }
  if ((duration === 'repeating') !== (durationInMonths !== null)) {
    faults.push({ field: 'durationInMonths', message: 'goes with the duration repeating, and with no other' });
  }
  return faults;
}

function faultsOfBudgets({ budgets }: CouponTerms): Fault[] {
  const keys = budgets.map(({ measure, period, currency = '' }) => `${measure} ${period} ${currency}`);
  return keys.flatMap((key, index) =>
    keys.indexOf(key) === index ? [] : [{ field: `budgets.${index}`, message: 'is there already' }],
  );
}

type Given = Partial<Pick<MoneyOptions, keyof MoneyOptions>>;

/** The sums of other currencies, in full. */
export function completeOptions(
  options: Readonly<Record<string, { [Name in keyof Given]: Given[Name] | undefined }>>,
): Record<string, MoneyOptions> {
  const full = Object.entries(options).map(([currency, sums]) => [
    currency,
    { amountOff: sums.amountOff ?? null, maxDiscount: sums.maxDiscount ?? null, minSubtotal: sums.minSubtotal ?? null },
  ]);
  return Object.fromEntries(full);
}

/** A sum of discounts is of one currency; a number of redemptions is of none. */
export function completeBudgets(budgets: readonly CouponBudget[], currency: string): CouponBudget[] {
  return budgets.map(({ currency: own, ...budget }) =>
    budget.measure === 'discount' ? { ...budget, currency: own ?? currency } : budget,
  );
}

/** The currency of a coupon's sums, if it has any. */
export function currencyOf(terms: MoneyOptions & { currency: string | null }, brand: string): string | null {
  const hasSums = terms.amountOff !== null || terms.maxDiscount !== null || terms.minSubtotal !== null;
  return terms.currency ?? (hasSums ? brand : null);
}
