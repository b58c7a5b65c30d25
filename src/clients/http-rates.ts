import { plainDecimal } from '../lib/decimal.ts';

export type HttpSource = {
  /** Where market rates are: {asset} and {currency} stand for what is asked. */
  url: string;
  /** Where in the JSON the rate is, and, if it says so, when that was: names with dots between them. */
  path: string;
  timePath: string | undefined;
};
export type HttpRate = { rate: string; source: string; at: Date };
type Pair = { asset: string; currency: string };

const TIMEOUT_MS = 5_000;
const MAX_BYTES = 1_048_576;

/** Null where the source has no price of this pair. What is there and is none is an error: the source is out of order. */
export async function askHttpSource(source: HttpSource, asked: Pair & { now: Date }): Promise<HttpRate | null> {
  const { url, path } = source;
  const response = await fetch(filled(url, asked, encodeURIComponent), {
    signal: AbortSignal.timeout(TIMEOUT_MS),
    redirect: 'error',
    headers: { accept: 'application/json' },
  });
  if (!response.ok) throw new Error(`the source of rates answered ${response.status}`);
  const body = parse(await readText(response));
  const found = at(
    body,
    path.split('.').map((name) => filled(name, asked)),
  );
  if (found === undefined || found === null) return null;
  const rate = typeof found === 'string' ? plainDecimal(found) : null;
  if (rate === null || !/[1-9]/.test(rate)) throw new Error('the source of rates has a price that is none');
  return { rate, source: `http:${new URL(url).hostname}`, at: timeOf(source, body) ?? asked.now };
}

/** A symbol may have signs that mean something in an address. */
function filled(text: string, { asset, currency }: Pair, spell = (part: string) => part): string {
  return text.replaceAll('{asset}', () => spell(asset)).replaceAll('{currency}', () => spell(currency));
}

async function readText({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.byteLength;
    if (size > MAX_BYTES) throw new Error('the source of rates answered too much');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

// A float would have lost digits: the number is taken as it is written.
function parse(text: string): unknown {
  return JSON.parse(text, (_key, value, context?: { source?: string }) =>
    typeof value === 'number' ? (context?.source ?? String(value)) : value,
  );
}

function timeOf({ timePath }: HttpSource, body: unknown): Date | undefined {
  if (timePath === undefined) return undefined;
  const found = String(at(body, timePath.split('.')));
  const time = new Date(/^\d+$/.test(found) ? Number(found) * (found.length > 11 ? 1 : 1000) : found);
  // One that cannot be read is old.
  return Number.isNaN(time.getTime()) ? new Date(0) : time;
}

function at(body: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, name) => {
    const isThere = typeof value === 'object' && value !== null && Object.hasOwn(value, name);
    return isThere ? (value as Record<string, unknown>)[name] : undefined;
  }, body);
}
