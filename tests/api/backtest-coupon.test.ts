import { beforeAll, describe, expect, it } from 'vitest';
import { makeCoupon } from '../support/coupons.ts';
import { openShop } from '../support/payments.ts';
import { quickPerson } from '../support/quick-people.ts';
import { expectRefusal } from '../support/refusals.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp({ RATE_LIMITS: 'off' });
const { sql } = openRows(test.url);
const shop = await openShop(test);
const { tenantId, owner, productId } = shop;
const other = await openShop(test);
const people = await Promise.all(['one', 'two', 'three'].map((name) => quickPerson(test, name)));
const NOW = Date.parse('2026-11-20T12:00:00Z');
const hoursAgo = (hours: number) => new Date(NOW - hours * 3_600_000);

type Past = { hours: number; who?: number; amount?: number; currency?: string; status?: string; refunded?: number };
type In = { tenantId: string; productId: string };

async function past({ hours, who = 0, amount = 1000, ...rest }: Past, where: In = { tenantId, productId }) {
  const { currency = 'EUR', status = 'succeeded', refunded = 0 } = rest;
  const [at, userId] = [hoursAgo(hours), people[who]?.userId ?? ''];
  const item = { productId: where.productId, tierId: null, name: 'Beans', sku: null, quantity: 1 };
  const items = [{ ...item, unitAmount: amount, amount }];
  await sql`insert into payments (tenant_id, id, tracking_id, user_id, kind, status, method, provider, subtotal, discount,
      amount, refund_reserved, refunded_amount, currency, items, metadata, created_at, updated_at, closed_at)
    values (${where.tenantId}, uuidv7(), gen_random_uuid()::text, ${userId}, 'purchase', ${status}, 'card', 'stripe',
      ${amount}, 0, ${amount}, ${refunded}, ${refunded}, ${currency}, ${sql.json(items)}, '{}', ${at}, ${at}, ${at})`;
}

const backtest = async (draft: object, shopOf = shop) => {
  const body = { name: 'Draft', kind: 'percent', percentOff: 10, ...draft };
  const at = new Date(NOW);
  const session =
    await sql`update sessions set expires_at = '2100-01-01' where user_id = ${shopOf.owner.userId} returning id`;
  const sessionId = session[0]?.['id'];
  const token = test.app.signAccessToken({ userId: shopOf.owner.userId, sessionId, issuedAt: at });
  const headers = { 'x-test-clock': at.toISOString() };
  return test.call('POST', `coupons/${shopOf.tenantId}/backtest`, { token, body, headers });
};
const result = async (draft: object, shopOf = shop) => {
  const answer = await backtest(draft, shopOf);
  expect(answer.status, answer.text).toBe(200);
  return answer.body.data;
};

beforeAll(async () => {
  await past({ hours: 31 * 24, amount: 7000 });
  await past({ hours: 700, amount: 1000 });
  await past({ hours: 600, amount: 2000 });
  await past({ hours: 500, who: 1, amount: 3000 });
  await past({ hours: 400, who: 1, amount: 500, currency: 'USD' });
  await past({ hours: 300, who: 2, amount: 999 });
  await past({ hours: 299, who: 2, amount: 4000, refunded: 100 });
  // These are none: given back, not paid, of another brand.
  await past({ hours: 200, amount: 8000, refunded: 8000 });
  await past({ hours: 199, amount: 8000, status: 'canceled' });
  await past({ hours: 100, amount: 8000 }, other);
});

describe('the back-test of a coupon', () => {
  it('says what it would have cost', async () => {
    expect(await result({})).toEqual({
      ...{ from: hoursAgo(720).toISOString(), to: new Date(NOW).toISOString(), isComplete: true },
      ...{ payments: 6, eligiblePayments: 6, redemptions: 6, refused: [] },
      currencies: [
        { currency: 'EUR', redemptions: 5, subtotal: 10_999, discount: 1_099, revenue: 9_900 },
        { currency: 'USD', redemptions: 1, subtotal: 500, discount: 50, revenue: 450 },
      ],
    });
    expect(await result({}, other)).toMatchObject({ payments: 1, redemptions: 1 });
  });

  it.each([
    { draft: { maxRedemptions: 2 }, redemptions: 2, eligible: 6, refused: { QUANTITY_EXCEEDED: 4 } },
    { draft: { maxPerUser: 1 }, redemptions: 3, eligible: 6, refused: { CUSTOMER_LIMIT: 3 } },
    {
      draft: { perUserPeriod: { limit: 1, every: 'day' } },
      redemptions: 5,
      eligible: 6,
      refused: { CUSTOMER_LIMIT: 1 },
    },
    {
      draft: { minSubtotal: 1000, currency: 'EUR' },
      redemptions: 4,
      eligible: 4,
      refused: { MIN_AMOUNT: 1, CURRENCY_MISMATCH: 1 },
    },
    { draft: { firstPurchaseOnly: true }, redemptions: 2, eligible: 2, refused: { NOT_FIRST_PURCHASE: 4 } },
    { draft: { percentOff: 0.01 }, redemptions: 0, eligible: 6, refused: {} },
    { draft: { startsAt: '2027-01-01T00:00:00Z', active: false }, redemptions: 6, eligible: 6, refused: {} },
    {
      draft: { budgets: [{ measure: 'discount', period: 'all', limit: 600, currency: 'EUR' }] },
      ...{ redemptions: 3, eligible: 5, refused: { BUDGET_EXHAUSTED: 2, CURRENCY_MISMATCH: 1 } },
    },
    {
      draft: { budgets: [{ measure: 'redemptions', period: 'month', limit: 1 }] },
      ...{ redemptions: 2, eligible: 6, refused: { BUDGET_EXHAUSTED: 4 } },
    },
  ])('keeps its limits, in order of time: $draft', async ({ draft, redemptions, eligible, refused }) => {
    const found = await result(draft);
    const byReason = Object.fromEntries(
      found.refused.map((one: Record<string, unknown>) => [one['reason'], one['payments']]),
    );
    expect({ redemptions: found.redemptions, eligible: found.eligiblePayments, refused: byReason }).toEqual({
      redemptions,
      eligible,
      refused,
    });
  });

  it('writes nothing, and tells nobody', async () => {
    const before = test.statements.length;
    await result({ code: 'TAKEN-OR-NOT', externalId: 'x' });
    const made = test.statements.slice(before);
    expect(made.length).toBeGreaterThan(3);
    expect(made.filter((text) => !/^\s*select\b/i.test(text))).toEqual([]);
    expect(made.filter((text) => /\bfor (update|share)\b/i.test(text))).toEqual([]);
    expect(await sql`select 1 from coupons where tenant_id = ${tenantId}`).toEqual([]);
  });

  it('refuses what could not be made', async () => {
    for (const draft of [{ percentOff: 0 }, { percentOff: 101 }, { percentOff: undefined }, { tierIds: [productId] }]) {
      expectRefusal(await backtest(draft), 400, 'VALIDATION_ERROR');
    }
    const stranger = await test.call('POST', `coupons/${tenantId}/backtest`, {
      token: people[0]?.token,
      body: { name: 'Draft', kind: 'percent', percentOff: 10 },
    });
    expectRefusal(stranger, 404, 'NOT_FOUND');
  });

  it('goes through 100,000 payments in pages, in bounded time and memory', { timeout: 60_000 }, async () => {
    const big = await openShop(test);
    await sql`insert into payments (tenant_id, id, tracking_id, user_id, kind, status, method, provider, subtotal, discount,
        amount, currency, items, metadata, created_at, updated_at, closed_at)
      select ${big.tenantId}, uuidv7(), 'big' || n, ${people[0]?.userId ?? ''}, 'purchase', 'succeeded', 'card', 'stripe',
        1000, 0, 1000, 'EUR', ${sql.json([{ productId: big.productId, quantity: 1, unitAmount: 1000, amount: 1000 } as any])}, '{}',
        ${hoursAgo(0)}::timestamptz - n * interval '20 seconds', now(), now() from generate_series(1, 100000) n`;
    await sql`analyze payments`;
    const [before, statements] = [performance.now(), test.statements.length];
    const budgets = [{ measure: 'discount', period: 'day', limit: 50_000 }];
    const hours = [{ days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '09:00', to: '17:00' }];
    const found = await result({ budgets, hours, firstPurchaseOnly: false }, big);
    expect((await result({ firstPurchaseOnly: true }, big)).redemptions).toBe(1);
    expect(found).toMatchObject({ payments: 100_000, isComplete: true });
    expect(found.currencies[0].discount).toBeLessThanOrEqual(31 * 50_000);
    expect(test.statements.length - statements).toBeLessThan(430);
    expect(performance.now() - before).toBeLessThan(30_000);
  });
});

it('is about a draft alone: a coupon that is there stays as it is', async () => {
  const coupon = await makeCoupon(test, shop, { code: 'STAYS' });
  await result({ code: 'STAYS' });
  const read = await test.call('GET', `coupons/${tenantId}/${coupon.id}`, { token: owner.token });
  expect(read.body.data.version).toBe(coupon.version);
});
