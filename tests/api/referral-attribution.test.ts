import { afterAll, expect, it } from 'vitest';
import { clockAt, newMember, tokenAt } from '../support/coupons.ts';
import { findBroken } from '../support/invariants.ts';
import type { Shop } from '../support/payments.ts';
import { addDays } from '../support/points.ts';
import { quickPerson } from '../support/quick-people.ts';
import { BROWSER, newReferrer, referringShop, track } from '../support/referrals.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp({ RATE_LIMITS: 'off', TEST_CLOCK: 'on' });
const { sql } = openRows(test.url);
afterAll(async () => expect(await findBroken(sql)).toEqual([]));

const at = (body: object, clock: Date, token?: string) =>
  test.call('POST', 'referrals/track', { token, body, headers: { ...BROWSER, ...clockAt(clock) } });

const explain = async ({ tenantId, owner }: Shop, id: string) =>
  (
    await test.call('GET', `referrals/conversions/${id}/explain`, {
      token: owner.token,
      headers: { 'x-tenant-id': tenantId },
    })
  ).body.data;

/** Two links were clicked by one visitor, a, then b; b's code is named. */
async function twoClicks(programme: object, daysBetween: number) {
  const shop = await referringShop(test, programme);
  const [a, b] = [await newReferrer(test, shop), await newReferrer(test, shop)];
  const visitorId = `v-${shop.tenantId}`;
  await at({ code: a.link.code, event: 'click', visitorId }, addDays(0));
  await at({ code: b.link.code, event: 'click', visitorId }, addDays(daysBetween));
  const friend = await quickPerson(test, 'new');
  const clock = addDays(daysBetween + 1);
  const token = await tokenAt(test, sql, { userId: friend.userId, at: clock });
  const signup = await at({ code: b.link.code, event: 'signup', visitorId }, clock, token);
  expect(signup.body.data, signup.text).toMatchObject({ tracked: true });
  return { a, b, explained: await explain(shop, signup.body.data.eventId) };
}

it('credits the last click, or the first where the brand says so', async () => {
  const last = await twoClicks({}, 3);
  expect(last.explained.winner).toEqual({ linkId: last.b.link.id, referrerId: last.b.userId });
  const first = await twoClicks({ attribution: 'first_click' }, 3);
  expect(first.explained.winner).toEqual({ linkId: first.a.link.id, referrerId: first.a.userId });
  expect(first.explained.touches.map(({ isWinner }: { isWinner: boolean }) => isWinner)).toEqual([true, false]);
});

it('leaves clicks out that are older than the window', async () => {
  const { b, explained } = await twoClicks({ attribution: 'first_click', windowDays: 5 }, 5);
  expect(explained.winner.linkId).toBe(b.link.id);
});

it('refuses and explains a sign-up after the window', async () => {
  const shop = await referringShop(test, { windowDays: 5 });
  const { link } = await newReferrer(test, shop);
  await at({ code: link.code, event: 'click', visitorId: 'late' }, addDays(0));
  const friend = await quickPerson(test, 'late');
  const clock = addDays(6);
  const token = await tokenAt(test, sql, { userId: friend.userId, at: clock });
  const signup = await at({ code: link.code, event: 'signup', visitorId: 'late' }, clock, token);
  expect(signup.body.data).toMatchObject({ tracked: false, reason: 'OUTSIDE_WINDOW' });
  expect((await explain(shop, signup.body.data.eventId)).winner).toBeNull();
});

async function campaignLink(shop: Shop, token: string, span: object) {
  const made = await test.call('POST', `referrals/tenant/${shop.tenantId}/campaigns`, {
    token: shop.owner.token,
    body: { name: 'Spring', ...span },
  });
  expect(made.status, made.text).toBe(201);
  const body = { tenantId: shop.tenantId, campaignId: made.body.data.id };
  const link = await test.call('POST', 'referrals/user/links', { token, body });
  return { campaignId: body.campaignId as string, ...(link.body.data.link as { id: string; code: string }) };
}

it('brings nobody before a campaign begins or since it has ended, by its own code', async () => {
  const shop = await referringShop(test);
  const { token } = await newReferrer(test, shop);
  const early = await campaignLink(shop, token, { startsAt: addDays(2).toISOString() });
  const over = await campaignLink(shop, token, { endsAt: addDays(-1).toISOString() });
  for (const [{ code }, reason] of [
    [early, 'CAMPAIGN_NOT_STARTED'],
    [over, 'CAMPAIGN_ENDED'],
  ] as const) {
    const friend = await newMember(test, shop.tenantId, 'friend');
    expect((await track(test, { code, event: 'signup' }, friend.token)).body.data).toMatchObject({ reason });
    expect((await track(test, { code, event: 'click' })).body.data).toMatchObject({ tracked: false, reason });
    const verified = await test.call('GET', `referrals/verify?code=${code}`);
    expect(verified.body.data).toMatchObject({ valid: false, reason });
    const followed = await test.app.inject({ url: `/r/${code}`, headers: BROWSER });
    expect(followed.statusCode).toBe(302);
  }
});

it('judges by the campaign of the link that won, not of the code that was named', async () => {
  const shop = await referringShop(test, { attribution: 'first_click' });
  const [a, b] = [await newReferrer(test, shop), await newReferrer(test, shop)];
  const ending = await campaignLink(shop, a.token, { endsAt: addDays(2).toISOString() });
  await at({ code: ending.code, event: 'click', visitorId: 'seen' }, addDays(0));
  const friend = await quickPerson(test, 'seen');
  const clock = addDays(3);
  const token = await tokenAt(test, sql, { userId: friend.userId, at: clock });
  const signup = await at({ code: b.link.code, event: 'signup', visitorId: 'seen' }, clock, token);
  expect(signup.body.data).toMatchObject({ tracked: false, reason: 'CAMPAIGN_ENDED' });
});

it('gives the hundred and first link as well', async () => {
  const shop = await referringShop(test);
  const { token, userId } = await newReferrer(test, shop);
  await sql`insert into referral_campaigns (tenant_id, id, name, created_at, updated_at)
    select ${shop.tenantId}::uuid, gen_random_uuid(), 'many', now(), now() from generate_series(1, 100)`;
  await sql`insert into referral_links (tenant_id, id, user_id, campaign_id, created_at)
    select tenant_id, gen_random_uuid(), ${userId}::uuid, id, now() - interval '1 day'
    from referral_campaigns where tenant_id = ${shop.tenantId}`;
  await campaignLink(shop, token, {}).then(({ code }) => expect(code).toMatch(/^[A-Z0-9]{10}$/));
});

it('names the referral that has an external id when two people are told under it at once', async () => {
  const shop = await referringShop(test);
  const { link } = await newReferrer(test, shop);
  const people = await Promise.all([1, 2, 3, 4].map(() => quickPerson(test, 'told')));
  const all = await Promise.all(
    people.map(({ userId }) =>
      track(test, { code: link.code, event: 'signup', userId, externalId: 'crm-1' }, shop.owner.token),
    ),
  );
  expect(all.filter(({ body }) => body.data.tracked)).toHaveLength(1);
  expect(new Set(all.map(({ body }) => body.data.eventId)).size).toBe(1);
});

it('keeps no e-mail address that a link was shared with, and hands the whole query on', async () => {
  const shop = await referringShop(test, { landingUrl: 'https://shop.example/' });
  const { link } = await newReferrer(test, shop);
  const url = `/r/${link.code}?utm_source=joe@mail.example&next=/a?b=c`;
  const answer = await test.app.inject({ url, headers: BROWSER });
  expect(new URL(answer.headers.location ?? '').searchParams.get('next')).toBe('/a?b=c');
  const rows = await sql`select source from referral_clicks where tenant_id = ${shop.tenantId}`;
  expect(rows.map(({ source }) => source)).toEqual(['direct']);
});
