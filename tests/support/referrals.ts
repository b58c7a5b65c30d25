import { expect } from 'vitest';
import { newMember } from './coupons.ts';
import { openShop, type Shop } from './payments.ts';
import type { TestApp } from './test-app.ts';

export const BROWSER = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' };

/** A shop whose members get 200 points for whom they bring, who get 100 for their first purchase. */
export async function referringShop(test: TestApp, programme: object = {}) {
  const shop = await openShop(test);
  const { tenantId, owner } = shop;
  const tier = { name: 'Basic', code: 'basic', rank: 0 };
  await test.call('POST', `memberships/tenant/${tenantId}/tiers`, { token: owner.token, body: tier });
  const rewards = (points: number) => [{ kind: 'points', points }];
  const body = { referrerRewards: rewards(200), referredRewards: rewards(100), ...programme };
  const set = await test.call('PUT', `referrals/tenant/${tenantId}/programme`, { token: owner.token, body });
  expect(set.status, set.text).toBe(200);
  return shop;
}

/** A member with a link. */
export async function newReferrer(test: TestApp, { tenantId }: Pick<Shop, 'tenantId'>) {
  const member = await newMember(test, tenantId, 'referrer');
  const { token } = member;
  const made = await test.call('POST', 'referrals/user/links', { token, body: { tenantId } });
  expect(made.status, made.text).toBe(200);
  return { ...member, link: made.body.data.link as { id: string; code: string; url: string } };
}

export function track(test: TestApp, body: object, token?: string) {
  return test.call('POST', 'referrals/track', { token, body, headers: BROWSER });
}

/** Somebody new, who was brought by the code. */
export async function brought(test: TestApp, { tenantId }: Pick<Shop, 'tenantId'>, code: string) {
  const member = await newMember(test, tenantId, 'brought');
  const tracked = await track(test, { code, event: 'signup' }, member.token);
  expect(tracked.body.data, tracked.text).toMatchObject({ tracked: true, reason: null });
  return { ...member, referralId: tracked.body.data.eventId as string };
}

export async function balanceOf(test: TestApp, { tenantId }: Pick<Shop, 'tenantId'>, token: string): Promise<number> {
  return (await test.call('GET', `tenants/${tenantId}/points`, { token })).body.data.balance;
}
