import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '#src/lib/ids.ts';
import { newTrackingId } from '#src/lib/tracking-id.ts';
import { checkInvariants } from '../support/invariants.ts';
import { makeKey } from '../support/keys.ts';
import { begin, buy, CARDS, confirm, connectWebhooks, openShop, type Shop, told } from '../support/payments.ts';
import { quickMember, quickPerson } from '../support/quick-people.ts';
import { comparable, expectRefusal } from '../support/refusals.ts';
import { openRows } from '../support/rows.ts';
import { type Answer, startTestApp } from '../support/test-app.ts';

const test = await startTestApp();
const { call } = test;
const { sql } = openRows(test.url);
let shop: Shop;

beforeAll(async () => {
  await connectWebhooks(test);
  shop = await openShop(test);
});

afterAll(async () => {
  await told(test);
  await checkInvariants(sql);
});

const idsOf = ({ body }: Answer): string[] => body.data.map(({ id }: { id: string }) => id);

describe('the state of a payment', () => {
  it('is for whoever has the tracking id, without a credential', async () => {
    const { payment } = await begin(test, shop);
    const { trackingId, createdAt: updatedAt } = payment;
    const { status, body, text } = await call('GET', `payments/status/${trackingId}`);
    expect(status).toBe(200);
    const facts = { status: 'pending', refundStatus: 'none', amount: 1500, currency: 'EUR', method: 'card' };
    expect(body.data).toEqual({ trackingId, ...facts, updatedAt: expect.any(String) });
    expect(Date.parse(body.data.updatedAt)).toBeGreaterThanOrEqual(Date.parse(updatedAt));
    // Nothing of who bought what.
    for (const secret of [payment.id, shop.buyer.userId, shop.buyer.email, 'Beans', 'pi_']) {
      expect(text).not.toContain(secret);
    }
    // Whoever they are: even with a credential that is none.
    expect((await call('GET', `payments/status/${trackingId}`, { token: 'nonsense' })).status).toBe(200);
  });

  it('changes its instant with the payment', async () => {
    const { payment, clientSecret } = await begin(test, shop);
    const state = async () => (await call('GET', `payments/status/${payment.trackingId}`)).body.data;
    const before = await state();
    await confirm(test, clientSecret, CARDS.declined);
    await told(test);
    const after = await state();
    expect([before.status, after.status]).toEqual(['pending', 'failed']);
    expect(Date.parse(after.updatedAt)).toBeGreaterThan(Date.parse(before.updatedAt));
  });

  it('of a wrong, cut, foreign or made-up tracking id is one 404', async () => {
    const { payment } = await begin(test, shop);
    const { trackingId } = payment;
    const other = await openShop(test);
    const bytes = Buffer.from(trackingId.slice(4), 'base64url');
    // The random half of one brand's payment after the id of another brand.
    const brand = Buffer.from(other.tenantId.replaceAll('-', ''), 'hex');
    const moved = `trk_${Buffer.concat([brand, bytes.subarray(16)]).toString('base64url')}`;
    const last = trackingId.at(-1) === 'A' ? 'Q' : 'A';
    const wrong = [
      moved,
      newTrackingId(shop.tenantId),
      newTrackingId(newId()),
      `${trackingId.slice(0, -1)}${last}`,
      trackingId.slice(0, -1),
      `${trackingId}A`,
      trackingId.toUpperCase(),
      payment.id,
      'trk_',
      '%00',
      '0'.repeat(128),
    ];
    const [first, ...answers] = await Promise.all(wrong.map((id) => call('GET', `payments/status/${id}`)));
    expectRefusal(first as Answer, 404, 'NOT_FOUND');
    for (const answer of answers) expect(comparable(answer)).toEqual(comparable(first as Answer));
    expectRefusal(await call('GET', `payments/status/${'0'.repeat(129)}`), 400, 'VALIDATION_ERROR');
  });

  it('has ids that say nothing of each other', async () => {
    const [a, b] = [(await begin(test, shop)).payment.trackingId, (await begin(test, shop)).payment.trackingId];
    const random = (id: string) => Buffer.from(id.slice(4), 'base64url').subarray(16);
    expect(random(a)).toHaveLength(16);
    expect(random(a).equals(random(b))).toBe(false);
  });
});

describe('one payment', () => {
  it('is for its buyer and the team of its brand; to all others there is none', async () => {
    const { payment } = await begin(test, shop);
    const other = await openShop(test);
    const path = `payments/${payment.id}`;
    const staff = await quickMember(test, shop.tenantId, 'staff');
    const key = await makeKey(test, shop, { scopes: ['read'] });
    const tokens = [shop.buyer.token, shop.owner.token, staff.token, key.key];
    const answers = await Promise.all(tokens.map((token) => call('GET', path, { token })));
    for (const { status, body } of answers) {
      expect(status).toBe(200);
      expect(body.data).toEqual(payment);
    }
    const strangers = [
      (await quickPerson(test)).token,
      other.owner.token,
      other.buyer.token,
      (await makeKey(test, other)).key,
    ];
    for (const token of strangers) {
      const [foreign, missing] = [
        await call('GET', path, { token }),
        await call('GET', `payments/${newId()}`, { token }),
      ];
      expectRefusal(foreign, 404, 'NOT_FOUND');
      expect(comparable(foreign)).toEqual(comparable(missing));
    }
    expectRefusal(await call('GET', path), 401, 'UNAUTHORIZED');
    expectRefusal(await call('GET', 'payments/1', { token: shop.buyer.token }), 400, 'VALIDATION_ERROR');
    expect(
      (await call('GET', path.toUpperCase().replace('PAYMENTS', 'payments'), { token: shop.buyer.token })).status,
    ).toBe(200);
  });

  it('is closed to somebody who has left the team', async () => {
    const { payment } = await begin(test, shop);
    const staff = await quickMember(test, shop.tenantId, 'staff');
    const path = `payments/${payment.id}`;
    expect((await call('GET', path, { token: staff.token })).status).toBe(200);
    await call('DELETE', `tenants/${shop.tenantId}/team/${staff.userId}`, { token: shop.owner.token });
    expectRefusal(await call('GET', path, { token: staff.token }), 404);
  });
});

describe('the payments of a person', () => {
  it('are their own in all brands, newest first, or in one', async () => {
    const [here, there] = [await openShop(test), await openShop(test)];
    const { token } = await quickPerson(test);
    const ids: string[] = [];
    for (const place of [here, there, here]) ids.unshift((await begin(test, place, { token })).id);
    await begin(test, here);
    expect(idsOf(await call('GET', 'payments', { token }))).toEqual(ids);
    const one = await call('GET', `payments?tenantId=${there.tenantId}`, { token });
    expect(idsOf(one)).toEqual([ids[1]]);
    expect(idsOf(await call('GET', `payments?tenantId=${newId()}`, { token }))).toEqual([]);
    expect(idsOf(await call('GET', 'payments', { token: here.owner.token }))).toEqual([]);
    expectRefusal(await call('GET', 'payments'), 401);
    expectRefusal(await call('GET', 'payments', { token: (await makeKey(test, here)).key }), 403, 'FORBIDDEN');
  });

  it('page stably while payments are added, with a cursor that is theirs alone', async () => {
    const [mine, stranger] = [await quickPerson(test), await quickPerson(test)];
    const ids: string[] = [];
    for (let made = 0; made < 5; made += 1) ids.unshift((await begin(test, shop, { token: mine.token })).id);
    const page = (cursor: string | null, token = mine.token) =>
      call('GET', `payments?limit=2${cursor ? `&cursor=${cursor}` : ''}`, { token });
    const first = await page(null);
    expect(first.body.meta).toMatchObject({ limit: 2, nextCursor: expect.any(String) });
    await begin(test, shop, { token: mine.token });
    const second = await page(first.body.meta.nextCursor);
    const third = await page(second.body.meta.nextCursor);
    expect([first, second, third].flatMap(idsOf)).toEqual(ids);
    expect(third.body.meta.nextCursor).toBeNull();
    expectRefusal(await page(first.body.meta.nextCursor, stranger.token), 400, 'VALIDATION_ERROR');
    expectRefusal(await page(`${first.body.meta.nextCursor.slice(0, -2)}AA`), 400, 'VALIDATION_ERROR');
    const elsewhere = await call('GET', `payments/tenant/${shop.tenantId}?cursor=${first.body.meta.nextCursor}`, {
      token: shop.owner.token,
    });
    expectRefusal(elsewhere, 400, 'VALIDATION_ERROR');
  });

  it.each(['limit=0', 'limit=101', 'limit=-1', 'limit=1e3', 'limit=', 'cursor=', 'cursor=x', 'tenantId=7'])(
    'are not asked for with %s',
    async (query) => expectRefusal(await call('GET', `payments?${query}`, { token: shop.buyer.token }), 400),
  );
});

describe('the payments of a brand', () => {
  let brand: Shop;
  const made: Record<string, any> = {};
  const list = async (query = '', token = brand.owner.token) => {
    const answer = await call('GET', `payments/tenant/${brand.tenantId}?${query}`, { token });
    expect(answer.status, answer.text).toBe(200);
    return idsOf(answer).map((id) => Object.keys(made).find((name) => made[name].id === id) ?? id);
  };

  beforeAll(async () => {
    brand = await openShop(test);
    const yen = await brand.sell({ price: { amount: 500, currency: 'JPY' } });
    made['first'] = await buy(test, brand);
    made['open'] = (await begin(test, brand)).payment;
    made['yen'] = await buy(test, brand, { productId: yen.id });
    made['canceled'] = (await begin(test, brand)).payment;
    await call('POST', `payments/${made['canceled'].id}/cancel`, { token: brand.buyer.token });
    const other = await quickPerson(test);
    made['other'] = (await begin(test, brand, { token: other.token })).payment;
  });

  it('are all of its buyers, newest first, for its team alone', async () => {
    const all = ['other', 'canceled', 'yen', 'open', 'first'];
    expect(await list()).toEqual(all);
    const staff = await quickMember(test, brand.tenantId, 'staff');
    expect(await list('', staff.token)).toEqual(all);
    expect(await list('', (await makeKey(test, brand, { scopes: ['read'] })).key)).toEqual(all);
    const path = `payments/tenant/${brand.tenantId}`;
    for (const token of [brand.buyer.token, shop.owner.token]) {
      const foreign = await call('GET', path, { token });
      expectRefusal(foreign, 404, 'NOT_FOUND');
      const missing = await call('GET', `payments/tenant/${newId()}`, { token });
      expect(comparable(foreign)).toEqual(comparable(missing));
    }
    expectRefusal(await call('GET', path, { token: (await makeKey(test, shop)).key }), 403, 'FORBIDDEN');
    expectRefusal(await call('GET', path), 401);
  });

  it('are filtered by each of their facts, and by several at once', async () => {
    expect(await list('status=succeeded')).toEqual(['yen', 'first']);
    expect(await list('status=canceled')).toEqual(['canceled']);
    expect(await list('status=expired')).toEqual([]);
    expect(await list('currency=jpy')).toEqual(['yen']);
    expect(await list('currency=EUR&status=succeeded')).toEqual(['first']);
    expect(await list('method=crypto')).toEqual([]);
    expect(await list('method=card&kind=purchase')).toHaveLength(5);
    expect(await list('kind=subscription')).toEqual([]);
    expect(await list(`userId=${made['other'].userId}`)).toEqual(['other']);
    expect(await list(`userId=${shop.buyer.userId}`)).toEqual([]);
    const { createdAt } = made['yen'];
    expect(await list(`from=${createdAt}`)).toEqual(['other', 'canceled', 'yen']);
    expect(await list(`to=${createdAt}`)).toEqual(['open', 'first']);
    expect(await list(`from=${createdAt}&to=${createdAt}`)).toEqual([]);
    expect(await list(`from=${encodeURIComponent(createdAt.replace('Z', '+00:00'))}&limit=1`)).toEqual(['other']);
  });

  it('keep their filter from page to page', async () => {
    const path = `payments/tenant/${brand.tenantId}?currency=EUR&limit=2`;
    const first = await call('GET', path, { token: brand.owner.token });
    const { nextCursor } = first.body.meta;
    const second = await call('GET', `${path}&cursor=${nextCursor}`, { token: brand.owner.token });
    const names = ['other', 'canceled', 'open', 'first'];
    expect([...idsOf(first), ...idsOf(second)]).toEqual(names.map((name) => made[name].id));
    const foreign = await call('GET', `payments/tenant/${shop.tenantId}?cursor=${nextCursor}`, {
      token: shop.owner.token,
    });
    expectRefusal(foreign, 400, 'VALIDATION_ERROR');
  });

  it.each(['status=paid', 'method=cash', 'currency=EURO', 'kind=gift', 'userId=1', 'from=yesterday', 'to=2026-02-30'])(
    'are not filtered by %s',
    async (query) => {
      const answer = await call('GET', `payments/tenant/${brand.tenantId}?${query}`, { token: brand.owner.token });
      expectRefusal(answer, 400, 'VALIDATION_ERROR');
      expect(answer.body.error.errors[0]).toMatchObject({ location: 'query', field: query.split('=')[0] });
    },
  );
});

describe('a coupon', () => {
  const validate = (body: object) => call('POST', 'stripe/coupons/validate', { body });

  it('of a brand that has none is not valid, and the order keeps its total', async () => {
    const { tenantId, productId } = shop;
    const why = { reason: 'NOT_FOUND', reasons: ['NOT_FOUND'], missing: {} };
    const none = { valid: false, ...why, coupon: null, coupons: [], discount: null };
    const before = (await sql`select count(*)::int as count from payments`)[0];
    const items = [{ productId, quantity: 2 }];
    const byItems = await validate({ tenantId, code: 'SUMMER', items });
    expect(byItems.body.data).toEqual({ ...none, total: { amount: 3000, currency: 'EUR' } });
    const bySum = await validate({ tenantId, code: 'SUMMER', amount: 900, currency: 'jpy' });
    expect(bySum.body.data).toEqual({ ...none, total: { amount: 900, currency: 'JPY' } });
    expect((await sql`select count(*)::int as count from payments`)[0]).toEqual(before);
    expectRefusal(await validate({ tenantId: newId(), code: 'SUMMER' }), 404, 'NOT_FOUND');
    expectRefusal(
      await validate({ tenantId, code: 'X', items: [{ productId: newId(), quantity: 1 }] }),
      409,
      'PRODUCT_UNAVAILABLE',
    );
  });
});
