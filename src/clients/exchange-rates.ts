import { fromUnits } from '../lib/decimal.ts';
import type { Chains } from './chains.ts';
import { askHttpSource, type HttpSource } from './http-rates.ts';

export type AskedSource =
  | { source: 'static'; prices: Readonly<Record<string, string>> }
  | { source: 'http' }
  | { source: 'feed'; chainId: number; contract: string; currency: string };
/** What one of the asset costs in the major unit of the currency, by whom, and when that was so. */
export type ExchangeRate = { rate: string; source: string; at: Date };
export type AskedRate = { source: AskedSource; asset: string; currency: string; now: Date };
export type ExchangeRates = {
  /** Null where the source has no price in this currency. Throws when it cannot be asked and nothing is remembered. */
  find: (asked: AskedRate) => Promise<ExchangeRate | null>;
};
type Options = Omit<HttpSource, 'url'> & { chains: Chains; url: string | undefined };

const FRESH_MS = 30_000;
const REST_MS = 10_000;
const MOST = 1_000;
/** No price of anything is as much, in whatever places. */
const TOO_MUCH = 10n ** 54n;

type Heard = { rate?: ExchangeRate; at: Date; failure?: { error: unknown; at: Date } };
/** By the clock of whoever asks, like the age of a rate. */
const isWithin = (at: Date, { now, span }: { now: Date; span: number }) =>
  Math.abs(now.getTime() - at.getTime()) < span;

/**
 * Rates from named sources behind one door. What was heard lately is not asked for again, what is asked for just now is
 * asked once, and a source that does not answer is left alone for a while: nobody waits for it again and again.
 */
export function createExchangeRates(options: Options): ExchangeRates {
  const heard = new Map<string, Heard>();
  const asking = new Map<string, Promise<ExchangeRate | null>>();
  const ask = (key: string, asked: AskedRate) => {
    const running = asking.get(key) ?? askSource(options, asked).finally(() => asking.delete(key));
    asking.set(key, running);
    return running;
  };
  const remember = (key: string, known: Heard) => {
    if (heard.size >= MOST) heard.clear();
    heard.set(key, known);
  };
  return {
    find: async (asked) => {
      const { source, asset, currency, now } = asked;
      if (source.source === 'static') {
        const rate = source.prices[currency];
        return rate === undefined ? null : { rate, source: 'static', at: now };
      }
      const key = JSON.stringify([source, asset, currency]);
      const known = heard.get(key);
      if (known?.rate && isWithin(known.at, { now, span: FRESH_MS })) return known.rate;
      if (known?.failure && isWithin(known.failure.at, { now, span: REST_MS }))
        return fallBack(known, known.failure.error);
      try {
        const rate = await ask(key, asked);
        if (rate) remember(key, { rate, at: now });
        return rate;
      } catch (error) {
        const failed = { at: now, ...known, failure: { error, at: now } };
        remember(key, failed);
        return fallBack(failed, error);
      }
    },
  };
}

/** What was heard last: its age says whether it still counts. */
function fallBack({ rate }: Heard, error: unknown): ExchangeRate {
  if (rate) return rate;
  throw error;
}

const askSource = (options: Options, asked: AskedRate) =>
  asked.source.source === 'feed' ? askFeed(options, asked) : askHttp(options, asked);

async function askFeed({ chains }: Options, { source, currency }: AskedRate): Promise<ExchangeRate | null> {
  if (source.source !== 'feed' || source.currency !== currency) return null;
  const answer = await chains.find(source.chainId)?.readFeed(source.contract);
  if (!answer || answer.answer <= 0n || answer.answer >= TOO_MUCH) return null;
  // A time that is none is long ago.
  const told = Number.isNaN(answer.at.getTime()) ? new Date(0) : answer.at;
  return { rate: fromUnits(answer.answer, answer.decimals), source: `feed:${source.contract}`, at: told };
}

async function askHttp({ url, ...where }: Options, asked: AskedRate): Promise<ExchangeRate | null> {
  return url === undefined ? null : askHttpSource({ url, ...where }, asked);
}
