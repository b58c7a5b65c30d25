import { afterAll, expect, it } from 'vitest';
import { findBroken } from '../support/invariants.ts';
import { BROWSER, newReferrer, referringShop, track } from '../support/referrals.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp({ RATE_LIMITS: 'off' });
const { sql } = openRows(test.url);
afterAll(async () => expect(await findBroken(sql)).toEqual([]));

type Who = { token: string; link: { id: string } };
let shops = 0;
const named = (word: string) => `${word}-${process.pid}-${shops}`.toUpperCase();
const choose = (who: Who, code: string) =>
  test.call('PUT', `referrals/user/links/${who.link.id}/code`, { token: who.token, body: { code } });
const codeOf = async (tenantId: string, who: Who) =>
  (await test.call('POST', 'referrals/user/links', { token: who.token, body: { tenantId } })).body.data.link.code;

async function twoMembers() {
  shops += 1;
  const shop = await referringShop(test);
  return { shop, a: await newReferrer(test, shop), b: await newReferrer(test, shop) };
}

it('keeps a code that was given up for its member: it leads on, and can be chosen again', async () => {
  const { shop, a, b } = await twoMembers();
  const [tea, mug] = [named('tea'), named('mug')];
  expect((await choose(a, tea)).status).toBe(200);
  expect((await choose(a, mug)).body.data.link.code).toBe(mug);
  const stolen = await choose(b, tea.toLowerCase());
  expect([stolen.status, stolen.body.error?.code]).toEqual([409, 'REFERRAL_CODE_TAKEN']);
  expect(await codeOf(shop.tenantId, b)).toBe(b.link.code);
  const followed = await test.app.inject({ url: `/r/${tea}`, headers: BROWSER });
  expect(followed.statusCode).toBe(302);
  const page = await test.call('GET', `referrals/user/tenant/${shop.tenantId}`, { token: a.token });
  expect(page.body.data.links).toMatchObject([{ id: a.link.id, code: mug, clicks: 1 }]);
  expect((await choose(a, tea)).body.data.link.code).toBe(tea);
  expect(await codeOf(shop.tenantId, a)).toBe(tea);
});

it('takes the code that was made again, and nothing changes for what was chosen', async () => {
  const { shop, a } = await twoMembers();
  const tea = named('tea');
  await choose(a, tea);
  expect((await choose(a, a.link.code)).body.data.link.code).toBe(a.link.code);
  expect(await codeOf(shop.tenantId, a)).toBe(a.link.code);
  expect((await track(test, { code: tea, event: 'click' })).body.data.tracked).toBe(true);
  expect((await choose(a, tea)).body.data.link.code).toBe(tea);
});

it('gives a code that another wants at the moment of its release to nobody but its member', async () => {
  const { a, b } = await twoMembers();
  const [tea, mug] = [named('tea'), named('mug')];
  await choose(a, tea);
  const [moved, stolen] = await Promise.all([choose(a, mug), choose(b, tea)]);
  expect([moved.status, stolen.status]).toEqual([200, 409]);
});

it('moves a code that was given up to another link of the member, of two at once to one', async () => {
  const { shop, a } = await twoMembers();
  const [tea, mug] = [named('tea'), named('mug')];
  const { tenantId, owner } = shop;
  const linkOf = async (name: string): Promise<Who> => {
    const url = `referrals/tenant/${tenantId}/campaigns`;
    const campaignId = (await test.call('POST', url, { token: owner.token, body: { name } })).body.data.id;
    const body = { tenantId, campaignId };
    const made = await test.call('POST', 'referrals/user/links', { token: a.token, body });
    return { token: a.token, link: made.body.data.link };
  };
  const [spring, autumn] = [await linkOf('Spring'), await linkOf('Autumn')];
  await choose(a, tea);
  expect((await choose(spring, tea)).status).toBe(409);
  await choose(a, mug);
  const answers = await Promise.all([choose(spring, tea), choose(autumn, tea)]);
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
  const leads = await sql`select link_id from referral_codes where code = ${tea}`;
  expect([spring.link.id, autumn.link.id]).toContain(leads[0]?.['link_id']);
});

it('lets a link have five chosen codes, also at once, and says which can be taken again', async () => {
  const { shop, a } = await twoMembers();
  const codes = [1, 2, 3, 4, 5, 6, 7].map((n) => named(`tea${n}`));
  const answers = await Promise.all(codes.map((code) => choose(a, code)));
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 200, 409, 409]);
  const refused = answers.find(({ status }) => status === 409)?.body.error;
  expect(refused).toMatchObject({ code: 'REFERRAL_CODE_LIMIT', details: { most: 5 } });
  const again = await choose(a, refused.details.codes[0]);
  expect([again.status, again.body.data?.link.code]).toEqual([200, refused.details.codes[0]]);
  const campaign = { token: shop.owner.token, body: { name: 'Spring' } };
  const made = await test.call('POST', `referrals/tenant/${shop.tenantId}/campaigns`, campaign);
  const body = { tenantId: shop.tenantId, campaignId: made.body.data.id };
  const { link } = (await test.call('POST', 'referrals/user/links', { token: a.token, body })).body.data;
  const other = named('other');
  await choose({ token: a.token, link }, other);
  await choose({ token: a.token, link }, named('another'));
  expect((await choose(a, other)).body.error?.code).toBe('REFERRAL_CODE_LIMIT');
  expect((await track(test, { code: refused.details.codes[1], event: 'click' })).body.data.tracked).toBe(true);
});
