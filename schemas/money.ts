import { z } from 'zod';
import { Currency } from './common.ts';

/** Amounts are integers in the currency's minor unit: 1099 of EUR is 10.99, 1099 of JPY is 1099, 1099 of KWD is 1.099. */
const MAX_AMOUNT = 99_999_999;

export const Amount = z
  .int()
  .min(0)
  .max(MAX_AMOUNT)
  .meta({ description: "In the currency's minor unit: cents for EUR, whole yen for JPY, fils for KWD", example: 1099 });

/** Three-decimal currencies are charged in steps of ten by card networks: 5.125 is no price. */
const THREE_DECIMALS = new Set(['BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND']);

export const Money = z
  .object({ amount: Amount, currency: Currency })
  .refine(isChargeable, { path: ['amount'], error: 'must be a multiple of 10 in a currency of three decimals' })
  .meta({ id: 'Money', example: { amount: 1099, currency: 'EUR' } });
export type Money = z.output<typeof Money>;

export function isChargeable({ amount, currency }: { amount: number; currency: string }): boolean {
  return !THREE_DECIMALS.has(currency) || amount % 10 === 0;
}
