import { expect } from 'vitest';
import type { LiveCall } from './live-calls.ts';
import { newMember } from './live-quests.ts';
import type { Brand } from './people.ts';
import { quickPerson } from './quick-people.ts';
import { brought, newReferrer, track } from './referrals.ts';
import type { TestApp } from './test-app.ts';
import type { StaffedBrand } from './world.ts';

type Referring = Pick<Brand, 'tenantId' | 'owner'>;

/** A campaign, the owner's link for it, somebody whom a member brought, and what they bought elsewhere. */
export async function playReferral(test: TestApp, brand: Referring): Promise<Record<string, string>> {
  const { tenantId, owner } = brand;
  const { token } = owner;
  const url = `referrals/tenant/${tenantId}`;
  const made = await test.call('POST', `${url}/campaigns`, { token, body: { name: 'Spring' } });
  expect(made.status, made.text).toBe(201);
  const campaignId: string = made.body.data.id;
  const linked = await test.call('POST', 'referrals/user/links', { token, body: { tenantId, campaignId } });
  expect(linked.status, linked.text).toBe(200);
  const { referralId, conversionId } = await convert(test, brand);
  return { campaignId, linkId: linked.body.data.link.id, referralId, conversionId };
}

/** A purchase elsewhere of somebody who was brought. */
export async function convert(test: TestApp, { tenantId, owner }: Referring) {
  const { code } = (await newReferrer(test, { tenantId })).link;
  const { userId, referralId } = await brought(test, { tenantId }, code);
  const purchase = { event: 'purchase', userId, externalId: `order ${userId}`, amount: 900, currency: 'EUR' };
  const { body } = await track(test, { code, ...purchase }, owner.token);
  expect(body.data.tracked).toBe(true);
  return { referralId, conversionId: body.data.eventId as string };
}

/** A sign-up that waits for the team. */
export async function suspicious(test: TestApp, { tenantId }: Referring): Promise<string> {
  const { code } = (await newReferrer(test, { tenantId })).link;
  const { userId, token } = await quickPerson(test, 'suspicious');
  await test.deps.db.execute(`update users set email = '${userId}@mailinator.com' where id = '${userId}'`);
  return (await track(test, { code, event: 'signup' }, token)).body.data.eventId;
}

type Live = (test: TestApp, brand: StaffedBrand) => Promise<Partial<LiveCall>>;
const reviewing = (verdict: string) => async (test: TestApp, brand: StaffedBrand) => ({
  url: `referrals/tenant/${brand.tenantId}/signups/${await suspicious(test, brand)}/${verdict}`,
});

export const LIVE_REFERRALS: Record<string, Live> = {
  setReferralProgramme: async () => ({ body: { offer: 'Tea', referrerRewards: [{ kind: 'points', points: 5 }] } }),
  createReferralLink: async (_test, { tenantId }) => ({ body: { tenantId } }),
  setReferralCode: async (_test, { tenantId }) => ({ body: { code: `TEA-${tenantId.slice(-12)}` } }),
  verifyReferralCode: async (test, { tenantId }) => {
    const { link } = await newReferrer(test, { tenantId });
    return { url: `referrals/verify?code=${link.code}` };
  },
  trackReferral: async (test, { tenantId }) => {
    const { link } = await newReferrer(test, { tenantId });
    const { token } = await newMember(test, tenantId);
    return { token, body: { code: link.code, event: 'signup' } };
  },
  approveReferral: reviewing('approve'),
  rejectReferral: reviewing('reject'),
  reverseReferralConversion: async (test, brand) => ({
    url: `referrals/tenant/${brand.tenantId}/conversions/${(await convert(test, brand)).conversionId}/reverse`,
  }),
};
