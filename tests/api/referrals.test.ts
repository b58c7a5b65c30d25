import { afterEach, beforeAll, expect, it } from 'vitest';
import { newMember } from '../support/coupons.ts';
import { findBroken } from '../support/invariants.ts';
import { buy, CARDS, connectWebhooks, told } from '../support/payments.ts';
import { addDays, jobsAt } from '../support/points.ts';
import { quickPerson } from '../support/quick-people.ts';
import { BROWSER, balanceOf, brought, newReferrer, referringShop, track } from '../support/referrals.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp({ RATE_LIMITS: 'off', TEST_CLOCK: 'on' });
const { sql } = openRows(test.url);

beforeAll(async () => {
  await connectWebhooks(test);
});

afterEach(async () => {
  await told(test);
  expect(await findBroken(sql)).toEqual([]);
});

const endHold = async (days = 15) => {
  await told(test);
  await jobsAt(test, addDays(days)).expire({});
};

it('rewards both sides after the hold, and takes it back with a refund', async () => {
  const shop = await referringShop(test);
  const referrer = await newReferrer(test, shop);
  const friend = await brought(test, shop, referrer.link.code);
  const payment = await buy(test, shop, { token: friend.token, card: CARDS.mastercard });
  await jobsAt(test, addDays(13)).expire({});
  expect(await balanceOf(test, shop, referrer.token)).toBe(0);
  await endHold();
  await endHold();
  expect(await balanceOf(test, shop, referrer.token)).toBe(200);
  expect(await balanceOf(test, shop, friend.token)).toBe(100);
  const page = await test.call('GET', `referrals/user/tenant/${shop.tenantId}`, { token: referrer.token });
  expect(page.body.data.totals).toEqual({ clicks: 0, signups: 1, conversions: 1 });
  expect(page.body.data.rewards.granted).toEqual({ count: 1, points: 200 });

  const { token } = shop.owner;
  const dry = await test.call('POST', `payments/refund/${payment.id}?dryRun=true`, { token, body: {} });
  expect(dry.status, dry.text).toBeLessThan(300);
  await test.call('POST', `payments/refund/${payment.id}`, { token, body: {} });
  await told(test);
  expect(await balanceOf(test, shop, referrer.token)).toBe(0);
  expect(await balanceOf(test, shop, friend.token)).toBe(0);
  const rewards = await test.call('GET', 'referrals/user/rewards', { token: referrer.token });
  expect(rewards.body.data.map(({ status }: { status: string }) => status)).toEqual(['reversed']);
  const listed = await test.call('GET', `referrals/tenant/${shop.tenantId}/conversions`, { token });
  expect(listed.body.data).toMatchObject([{ status: 'reversed', amount: 1500, currency: 'EUR' }]);
});

it('refuses to bring oneself, and explains it', async () => {
  const shop = await referringShop(test);
  const { token, link } = await newReferrer(test, shop);
  const refused = await track(test, { code: link.code, event: 'signup' }, token);
  expect(refused.status).toBe(202);
  expect(refused.body.data).toMatchObject({ tracked: false, reason: 'SELF_REFERRAL' });
  const explained = await test.call('GET', `referrals/conversions/${refused.body.data.eventId}/explain`, {
    token: shop.owner.token,
    headers: { 'x-tenant-id': shop.tenantId },
  });
  expect(explained.status, explained.text).toBe(200);
  expect(explained.body.data.findings).toEqual([{ of: 'signup', rule: 'SELF_REFERRAL', effect: 'refused' }]);
});

it('counts a click once an hour, drops programs, and leads on', async () => {
  const shop = await referringShop(test, { landingUrl: 'https://shop.example/in?a=1' });
  const { token, link } = await newReferrer(test, shop);
  const follow = (headers: Record<string, string>) =>
    test.app.inject({ method: 'GET', url: `/r/${link.code.toLowerCase()}?utm_source=mail`, headers });
  for (const headers of [BROWSER, BROWSER, { 'user-agent': 'Googlebot/2.1 (+http://www.google.com/bot.html)' }]) {
    const answer = await follow(headers);
    expect(answer.statusCode).toBe(302);
    const target = new URL(answer.headers.location ?? '');
    expect(target.origin + target.pathname).toBe('https://shop.example/in');
    expect(Object.fromEntries(target.searchParams)).toMatchObject({ a: '1', ref: link.code, utm_source: 'mail' });
  }
  const page = await test.call('GET', `referrals/user/tenant/${shop.tenantId}`, { token });
  expect(page.body.data.totals.clicks).toBe(1);
  const qr = await test.app.inject({ method: 'GET', url: `/r/${link.code}/qr.png` });
  expect(qr.headers['content-type']).toBe('image/png');
  const unknown = await test.app.inject({ method: 'GET', url: '/r/NOBODYHASTHIS' });
  expect(unknown.statusCode).toBe(404);
});

it('believes the code that is named, whatever else was clicked from the same network', async () => {
  const shop = await referringShop(test);
  const [named, other] = [await newReferrer(test, shop), await newReferrer(test, shop)];
  for (const { link } of [named, other]) await track(test, { code: link.code, event: 'click' });
  await brought(test, shop, named.link.code);
  const page = (token: string) => test.call('GET', `referrals/user/tenant/${shop.tenantId}`, { token });
  expect((await page(named.token)).body.data.totals).toMatchObject({ clicks: 1, signups: 1 });
  expect((await page(other.token)).body.data.totals).toMatchObject({ clicks: 1, signups: 0 });
  const self = await track(test, { code: named.link.code, event: 'signup' }, named.token);
  expect(self.body.data).toMatchObject({ tracked: false, reason: 'SELF_REFERRAL' });
});

it('counts a click that the brand names once, whoever made it', async () => {
  const shop = await referringShop(test);
  const [first, second] = [await newReferrer(test, shop), await newReferrer(test, shop)];
  const clicks = await Promise.all(
    Array.from({ length: 20 }, (_, n) =>
      track(test, {
        code: (n % 2 === 0 ? first : second).link.code,
        event: 'click',
        externalId: 'click-7',
        visitorId: `v-${n}`,
      }),
    ),
  );
  expect(clicks.filter(({ body }) => body.data.tracked)).toHaveLength(1);
  // Of another brand it is another one.
  const other = await newReferrer(test, await referringShop(test));
  const elsewhere = await track(test, { code: other.link.code, event: 'click', externalId: 'click-7' });
  expect(elsewhere.body.data.tracked).toBe(true);
});

it('takes a code of one´s own once in the whole service', async () => {
  const shop = await referringShop(test);
  const [a, b] = [await newReferrer(test, shop), await newReferrer(test, shop)];
  const code = `TEA-${shop.subdomain.slice(1, 9)}`;
  const choose = (who: typeof a) =>
    test.call('PUT', `referrals/user/links/${who.link.id}/code`, { token: who.token, body: { code } });
  const answers = await Promise.all([choose(a), choose(b)]);
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
  const verified = await test.call('GET', `referrals/verify?code=${code.toLowerCase()}`);
  expect(verified.body.data).toMatchObject({ valid: true, reason: null, tenant: { id: shop.tenantId } });
  expect(verified.text).not.toContain('@');
});

it('counts an external purchase once of fifty, and a sign-up of two tabs once', async () => {
  const shop = await referringShop(test);
  const { link } = await newReferrer(test, shop);
  const member = await newMember(test, shop.tenantId, 'tabs');
  const tabs = await Promise.all([1, 2].map(() => track(test, { code: link.code, event: 'signup' }, member.token)));
  expect(tabs.filter(({ body }) => body.data.tracked)).toHaveLength(1);
  const purchase = { event: 'purchase', userId: member.userId, externalId: 'order-1', amount: 900, currency: 'eur' };
  const all = await Promise.all(
    Array.from({ length: 50 }, () => track(test, { code: link.code, ...purchase }, shop.owner.token)),
  );
  expect(all.map(({ status }) => status).filter((status) => status !== 202)).toEqual([]);
  expect(all.filter(({ body }) => body.data.tracked)).toHaveLength(1);
  expect(new Set(all.map(({ body }) => body.data.eventId)).size).toBe(1);
});

it('lets no two bring each other, also at once', async () => {
  const shop = await referringShop(test);
  const [a, b] = [await newReferrer(test, shop), await newReferrer(test, shop)];
  const both = await Promise.all([
    track(test, { code: b.link.code, event: 'signup' }, a.token),
    track(test, { code: a.link.code, event: 'signup' }, b.token),
  ]);
  expect(both.map(({ body }) => body.data.reason).sort()).toEqual(['CYCLE', null]);
});

it('gives the last reward of a limit to one of two', async () => {
  const shop = await referringShop(test, { maxPerReferrer: 1, holdDays: 0 });
  const { link, token } = await newReferrer(test, shop);
  const friends = [await brought(test, shop, link.code), await brought(test, shop, link.code)];
  const bought = await Promise.all(
    friends.map(({ userId }, index) =>
      track(
        test,
        { code: link.code, event: 'purchase', userId, externalId: `o${index}`, amount: 500, currency: 'EUR' },
        shop.owner.token,
      ),
    ),
  );
  expect(bought.map(({ body }) => body.data.reason).sort()).toEqual(['LIMIT_TOTAL', null]);
  await endHold(1);
  expect(await balanceOf(test, shop, token)).toBe(200);
  const verified = await test.call('GET', `referrals/verify?code=${link.code}`);
  expect(verified.body.data).toMatchObject({ valid: false, reason: 'LIMIT_REACHED' });
});

it('leaves nothing given when a reversal races the end of the hold', async () => {
  const shop = await referringShop(test, {
    milestones: [{ conversions: 2, rewards: [{ kind: 'points', points: 50 }] }],
  });
  const { link, token } = await newReferrer(test, shop);
  const ids: string[] = [];
  for (const externalId of ['m1', 'm2']) {
    const { userId } = await brought(test, shop, link.code);
    const body = { code: link.code, event: 'purchase', userId, externalId, amount: 500, currency: 'EUR' };
    ids.push((await track(test, body, shop.owner.token)).body.data.eventId);
  }
  const reverse = (id?: string) =>
    test.call('POST', `referrals/tenant/${shop.tenantId}/conversions/${id}/reverse`, { token: shop.owner.token });
  await Promise.all([endHold(), reverse(ids[0]), reverse(ids[0])]);
  await endHold();
  expect(await balanceOf(test, shop, token)).toBe(200);
  expect((await reverse(ids[0])).status).toBe(409);
});

it('holds a disposable address for review, and counts it when approved', async () => {
  const shop = await referringShop(test, { convertsOn: 'signup', holdDays: 0 });
  const { link, token } = await newReferrer(test, shop);
  const friend = await quickPerson(test, 'throwaway');
  await test.deps.db.execute(
    `update users set email = 'x${friend.userId}@mailinator.com' where id = '${friend.userId}'`,
  );
  const joined = await test.call('POST', `tenants/${shop.tenantId}/membership/join`, {
    token: friend.token,
    body: { referralCode: link.code },
  });
  expect(joined.status, joined.text).toBe(201);
  await endHold(1);
  expect(await balanceOf(test, shop, token)).toBe(0);
  const url = `referrals/tenant/${shop.tenantId}/signups`;
  const waiting = await test.call('GET', `${url}?status=review`, { token: shop.owner.token });
  expect(waiting.body.data).toMatchObject([{ reasons: ['DISPOSABLE_EMAIL'], referredId: friend.userId }]);
  const approve = () => test.call('POST', `${url}/${waiting.body.data[0].id}/approve`, { token: shop.owner.token });
  const answers = await Promise.all([approve(), approve()]);
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
  await endHold(1);
  expect(await balanceOf(test, shop, token)).toBe(200);
});

it('refuses a purchase by the card of the referrer', async () => {
  const shop = await referringShop(test);
  const referrer = await newReferrer(test, shop);
  await buy(test, shop, { token: referrer.token, card: CARDS.amex });
  const friend = await brought(test, shop, referrer.link.code);
  await buy(test, shop, { token: friend.token, card: CARDS.amex });
  const listed = await test.call('GET', `referrals/tenant/${shop.tenantId}/conversions`, { token: shop.owner.token });
  // Whether the processor tells of the card or of the payment first.
  expect(listed.body.data).toMatchObject([{ reasons: ['SAME_CARD'] }]);
  expect(['refused', 'reversed']).toContain(listed.body.data[0].status);
});

it('refuses unknown codes, amounts and callers', async () => {
  const shop = await referringShop(test);
  const { link, token, userId } = await newReferrer(test, shop);
  const purchase = { code: link.code, event: 'purchase', userId, externalId: 'x', amount: 5, currency: 'EUR' };
  const statuses = [
    await track(test, { code: 'NOSUCHCODE', event: 'click' }),
    await track(test, { ...purchase, amount: -5 }, shop.owner.token),
    await track(test, { ...purchase, currency: 'XXZ' }, shop.owner.token),
    await track(test, { code: link.code, event: 'signup' }),
    await track(test, purchase, token),
  ].map(({ status }) => status);
  expect(statuses).toEqual([400, 400, 400, 401, 403]);
  const nobody = await track(test, purchase, shop.owner.token);
  expect(nobody.body.data).toEqual({ tracked: false, reason: 'NOT_ATTRIBUTED', eventId: null });
});
