import type { RateSource } from '#schemas/crypto.ts';
import type { ExchangeRate, ExchangeRates } from '../../clients/exchange-rates.ts';
import { AppError, SERVICE_UNAVAILABLE } from '../../lib/errors.ts';
import { ageOfRate } from '../amount-rules.ts';
import { RATE_UNAVAILABLE } from '../errors.ts';

type Asked = { source: RateSource; asset: string; currency: string; now: Date };

/** The rate of now: rather none than one that is old. */
export async function requireRate(rates: ExchangeRates, asked: Asked): Promise<ExchangeRate> {
  const rate = await rates.find(asked).catch((cause) => {
    throw new AppError(SERVICE_UNAVAILABLE, { reason: 'rate_unavailable' }, { cause });
  });
  if (!rate) throw new AppError(RATE_UNAVAILABLE);
  if (ageOfRate(rate.at, asked.now) === null) {
    throw new AppError(SERVICE_UNAVAILABLE, { reason: 'rate_stale', rateAt: rate.at.toISOString() });
  }
  return rate;
}
