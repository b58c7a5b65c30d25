import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { tokenAt } from '../support/coupons.ts';
import { newXpub, quote, setUp } from '../support/crypto.ts';
import { openShop, type Shop } from '../support/payments.ts';
import { startRateSource } from '../support/rate-source.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';

const source = await startRateSource();
const test = await startTestApp({
  RATES_URL: `${source.url}/v1?base={asset}&quote={currency}`,
  RATES_PATH: 'data.{asset}.{currency}',
  RATES_TIME_PATH: 'at',
});
const { sql } = openRows(test.url);
let shop: Shop;
let token: string;
// Each in hours of its own: what was heard before is not remembered.
let hour = 0;
const started = Date.now();
const inTest = (minutes: number) => new Date(started + (hour * 120 + minutes) * 60_000);
const http = { chainId: 1, decimals: 18, rate: { source: 'http' } };
const say = (price: string, at = inTest(0)) =>
  source.say({ body: `{"data":{"ETH":{"EUR":${price}},"A.B+C-D":{"EUR":${price}}},"at":"${at.toISOString()}"}` });
const ask = async (minutes: number, asset = 'ETH', currency?: string) => {
  const sum = currency && { items: undefined, amount: 1500, currency };
  const answer = await quote(test, shop, { token, asset, clock: inTest(minutes), body: { chainId: 1, ...sum } });
  const { status, body } = answer;
  if (status === 201) return { payAmount: body.data.payAmount, rate: body.data.rate };
  return `${status} ${body.error.code} ${body.error.details?.reason ?? ''}`.trim();
};

beforeAll(async () => {
  shop = await openShop(test);
  const odd = { ...http, asset: 'A.B+C-D', contract: `0x${'5e'.repeat(20)}` };
  const assets = [{ ...http, asset: 'ETH', contract: null }, odd];
  expect((await setUp(test, shop, { account: { xpub: newXpub().xpub }, assets })).status).toBe(200);
});
beforeEach(async () => {
  hour += 1;
  token = await tokenAt(test, sql, { userId: shop.buyer.userId, at: inTest(0) });
});

describe('a source of rates over HTTP', () => {
  it('is asked for the pair, and the quote names it and says how old the rate is', async () => {
    say('2000.50', inTest(-2));
    const answer = await quote(test, shop, { token, clock: inTest(0), body: { chainId: 1 } });
    expect(answer.body.data).toMatchObject({
      rate: '2000.5',
      rateSource: 'http:127.0.0.1',
      rateAt: inTest(-2).toISOString(),
      payAmount: '0.00749813',
    });
    expect(source.asked.at(-1)).toBe('/v1?base=ETH&quote=EUR');
  });

  it('is asked for a symbol with signs of addresses and of paths in it', async () => {
    say('2');
    expect(await ask(0, 'A.B+C-D')).toMatchObject({ rate: '2' });
    expect(source.asked.at(-1)).toBe('/v1?base=A.B%2BC-D&quote=EUR');
  });

  it('is not believed when what it says is older than five minutes', async () => {
    say('2000', inTest(-4.9));
    expect(await ask(0)).toMatchObject({ rate: '2000' });
    say('2000', inTest(-5.1));
    expect(await ask(1)).toBe('503 SERVICE_UNAVAILABLE rate_stale');
    say('2000', inTest(5));
    expect(await ask(2)).toBe('503 SERVICE_UNAVAILABLE rate_stale');
  });

  it('that is down is remembered for five minutes, and asked again later', async () => {
    say('2000');
    expect(await ask(0)).toMatchObject({ rate: '2000' });
    await source.stop();
    expect(await ask(4.9)).toMatchObject({ rate: '2000' });
    expect(await ask(5.2)).toBe('503 SERVICE_UNAVAILABLE rate_stale');
    await source.startAgain();
    say('2100', inTest(5.5));
    expect(await ask(5.5)).toMatchObject({ rate: '2100' });
  });

  it('that was never heard and is down has no price', async () => {
    await source.stop();
    expect(await ask(0, 'ETH', 'USD')).toBe('503 SERVICE_UNAVAILABLE rate_unavailable');
    await source.startAgain();
    say('2000');
    expect(await ask(1, 'ETH', 'USD')).toBe('409 RATE_UNAVAILABLE');
  });

  it.each(['0', '-2000', '"0.000"', '1e400', '"12 EUR"', '"NaN"', '[2000]', '{}', 'true', '12345678901234567890'])(
    'that says %s is out of order: the last price counts, while it is young',
    async (nonsense) => {
      say('2000');
      expect(await ask(0)).toMatchObject({ rate: '2000' });
      say(nonsense, inTest(2));
      expect(await ask(2)).toMatchObject({ rate: '2000' });
      expect(await ask(6)).toMatch(/^503 /);
    },
  );

  it.each([
    { status: 500 },
    { status: 429, headers: { 'retry-after': '60' } },
    { status: 302, headers: { location: 'http://127.0.0.1:1/' } },
    { body: '<html>' },
    { body: '{"data":' },
    { body: `"${'x'.repeat(1_100_000)}"` },
  ])('that answers otherwise is out of reach (%#)', async (said) => {
    say('2000');
    expect(await ask(0)).toMatchObject({ rate: '2000' });
    source.say(said);
    expect(await ask(4)).toMatchObject({ rate: '2000' });
    expect(await ask(5.5)).toMatch(/^503 /);
  });

  it.each([
    ['2e3', '2000', '0.0075'],
    ['2.5E-7', '0.00000025', '60000000'],
    ['"1999.123456789012345678901"', '1999.123456789012345678901', '0.00750329'],
    ['20000000000000000001e-16', '2000.0000000000000001', '0.0075'],
  ])('that writes %s is taken at its word', async (written, rate, payAmount) => {
    say(written);
    expect(await ask(0)).toEqual({ rate, payAmount });
  });

  it('that hangs is waited for once', async () => {
    source.say({ hangs: true });
    const startedAt = performance.now();
    expect(await ask(0)).toMatch(/^503 /);
    expect(await ask(0.1)).toMatch(/^503 /);
    expect(performance.now() - startedAt).toBeLessThan(9_000);
  });
});
