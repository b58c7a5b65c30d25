import type { AccountKind } from '#schemas/crypto.ts';
import { decimalsOfCurrency } from '../lib/currencies.ts';
import { divideUp, toUnits } from '../lib/decimal.ts';

const RATE_PLACES = 36;
const BPS = 10_000n;
/** So many payers are told apart at one address by the last digits of the amount: at most, and at least. */
const TAILS = 1_000n;
const FEWEST_TAILS = 10n;
/** Being told apart costs a payer no more than this part of the price, but for the fewest tails: a hundredth. */
const TAILS_IN_PRICE = 200n;
/** A price older than this is no price (seconds). */
const MAX_RATE_AGE = 300;
/** A feed's clock may be so far ahead of ours (seconds). */
const MAX_RATE_AHEAD = 60;

type Priced = {
  /** Minor units of the currency. */
  amount: number;
  currency: string;
  /** What one of the asset costs in the major unit of the currency, as decimal text. */
  rate: string;
  decimals: number;
  precision: number;
};

/** What an amount costs in base units of an asset: exact, rounded up to the asset's precision, in the brand's favour. */
export function computePayUnits({ amount, currency, rate, decimals, precision }: Priced): bigint {
  const rateUnits = toUnits(rate, RATE_PLACES);
  if (!rateUnits) throw new Error('a rate is a decimal above 0');
  const dividend = BigInt(amount) * 10n ** BigInt(decimals + RATE_PLACES);
  const divisor = rateUnits * 10n ** BigInt(decimalsOfCurrency(currency));
  return roundUp(divideUp(dividend, divisor), stepOf({ decimals, precision }));
}

type Places = { decimals: number; precision: number };
const stepOf = ({ decimals, precision }: Places) => 10n ** BigInt(decimals - precision);
const roundUp = (units: bigint, step: bigint) => divideUp(units, step) * step;

/**
 * What the payer is asked for. At an address of its own that is the price; at one that others pay to as well its last
 * digits, within the precision, are the payer's own: three, or fewer where those would be worth more than a hundredth.
 */
export function computeAskedUnits(
  units: bigint,
  { kind, index, ...places }: Places & { kind: AccountKind; index: number },
) {
  if (kind === 'xpub') return units;
  const step = stepOf(places);
  const tails = tailsOf(units / step);
  return roundUp(units, step * tails) + step * (BigInt(index) % tails);
}

function tailsOf(steps: bigint): bigint {
  const affordable = steps / TAILS_IN_PRICE;
  if (affordable >= TAILS) return TAILS;
  return affordable > FEWEST_TAILS ? affordable : FEWEST_TAILS;
}

/** Places that amounts are asked for in: those of the asset, at most eight, which wallets can be told. */
export function precisionOf({ decimals, precision }: { decimals: number; precision?: number | undefined }): number {
  return precision ?? Math.min(decimals, 8);
}

/** How old a rate is, in whole seconds; null where that is too old, or from the future. */
export function ageOfRate(at: Date, now: Date): number | null {
  const age = Math.floor((now.getTime() - at.getTime()) / 1000);
  return age > MAX_RATE_AGE || age < -MAX_RATE_AHEAD ? null : Math.max(0, age);
}

/** Whether late money still is worth the price, or so little less that the brand takes it. */
export function canTakeLate({ paid, priceNow, withinBps }: { paid: bigint; priceNow: bigint; withinBps: number }) {
  return paid * (BPS + BigInt(withinBps)) >= priceNow * BPS;
}

type Request = { address: string; contract: string | null; chainId: number; units: bigint };

/** What a wallet opens: EIP-681. */
export function uriOf({ address, contract, chainId, units }: Request): string {
  if (contract === null) return `ethereum:${address}@${chainId}?value=${units}`;
  return `ethereum:${contract}@${chainId}/transfer?address=${address}&uint256=${units}`;
}
