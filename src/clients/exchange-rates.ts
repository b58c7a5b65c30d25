import { fromUnits } from '../lib/decimal.ts';
import type { Chains } from './chains.ts';

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
type Options = {
  chains: Chains;
  /** Where market rates are: {asset} and {currency} stand for what is asked. */
  url: string | undefined;
  /** Where in the JSON the rate is, and, if it says so, when that was: names with dots between them. */
  path: string;
  timePath: string | undefined;
};

const FRESH_MS = 30_000;
const REST_MS = 10_000;
const TIMEOUT_MS = 5_000;
const MAX_BYTES = 1_048_576;
const MOST = 1_000;
/** No price of anything is as much, in whatever places. */
const TOO_MUCH = 10n ** 54n;
const DECIMAL = /^\d{1,18}(\.\d{1,18})?$/;

type Heard = { rate?: ExchangeRate; at: number; failure?: { error: unknown; at: number } };
const isWithin = (at: number, span: number) => performance.now() - at < span;

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
      if (known?.rate && isWithin(known.at, FRESH_MS)) return known.rate;
      if (known?.failure && isWithin(known.failure.at, REST_MS)) return fallBack(known, known.failure.error);
      try {
        const rate = await ask(key, asked);
        if (rate) remember(key, { rate, at: performance.now() });
        return rate;
      } catch (error) {
        const failed = { at: 0, ...known, failure: { error, at: performance.now() } };
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

async function askHttp(options: Options, { asset, currency, now }: AskedRate): Promise<ExchangeRate | null> {
  if (options.url === undefined) return null;
  const filled = (text: string) => text.replaceAll('{asset}', asset).replaceAll('{currency}', currency);
  const response = await fetch(filled(options.url), {
    signal: AbortSignal.timeout(TIMEOUT_MS),
    redirect: 'error',
    headers: { accept: 'application/json' },
  });
  if (!response.ok) throw new Error(`the source of rates answered ${response.status}`);
  const text = await response.text();
  if (text.length > MAX_BYTES) throw new Error('the source of rates answered too much');
  // A float would have lost digits: the number is taken as it is written.
  const body: unknown = JSON.parse(text, (_key, value, context?: { source?: string }) =>
    typeof value === 'number' ? (context?.source ?? String(value)) : value,
  );
  const rate = at(body, filled(options.path));
  if (typeof rate !== 'string' || !DECIMAL.test(rate) || !/[1-9]/.test(rate)) return null;
  return { rate, source: `http:${new URL(options.url).hostname}`, at: timeOf(options, body) ?? now };
}

function timeOf({ timePath }: Options, body: unknown): Date | undefined {
  if (timePath === undefined) return undefined;
  const found = String(at(body, timePath));
  const time = new Date(/^\d+$/.test(found) ? Number(found) * (found.length > 11 ? 1 : 1000) : found);
  // One that cannot be read is old.
  return Number.isNaN(time.getTime()) ? new Date(0) : time;
}

function at(body: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((value, name) => (value as Record<string, unknown> | null)?.[name], body);
}
