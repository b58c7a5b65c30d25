import type { Sql } from 'postgres';
import { expect } from 'vitest';
import { quickBrand } from './keys.ts';
import { quickPerson } from './quick-people.ts';
import type { Answer, TestApp } from './test-app.ts';

export type CouponBrand = { tenantId: string; owner: { token: string } };
type Calling = Pick<TestApp, 'call'>;

/** A coupon of the brand: ten per cent, unless something else is said. */
export async function makeCoupon(
  test: Calling,
  { tenantId, owner }: CouponBrand,
  fields: Record<string, unknown> = {},
) {
  const isPercent = fields['kind'] === undefined || fields['kind'] === 'percent';
  const body = { name: 'Sale', kind: 'percent', ...(isPercent && { percentOff: 10 }), ...fields };
  const made = await test.call('POST', `coupons/${tenantId}`, { token: owner.token, body });
  expect(made.status, made.text).toBe(201);
  return made.body.data;
}

export const clockAt = (clock?: Date) => (clock ? { 'x-test-clock': clock.toISOString() } : {});

type Claiming = { tenantId: string; couponId: string; token: string; clock?: Date; code?: string };

export function claim(test: Calling, { tenantId, couponId, token, clock, code }: Claiming): Promise<Answer> {
  const body = code === undefined ? {} : { code };
  return test.call('POST', `coupons/${tenantId}/${couponId}/claim`, { token, body, headers: clockAt(clock) });
}

export async function claimed(test: Calling, claiming: Claiming) {
  const answer = await claim(test, claiming);
  expect(answer.status, answer.text).toBe(201);
  return answer.body.data.claim;
}

/** Its counters, as the brand reads them. */
export async function usesOf(test: Calling, { tenantId, owner }: CouponBrand, couponId: string) {
  const answer = await test.call('GET', `coupons/${tenantId}/${couponId}`, { token: owner.token });
  expect(answer.status, answer.text).toBe(200);
  const { claimed, reserved, redeemed } = answer.body.data.uses;
  return [claimed, reserved, redeemed];
}

/** A brand, and a person who is its member. */
export async function brandWithMember(test: TestApp) {
  const brand = await quickBrand(test);
  const tier = await test.call('POST', `memberships/tenant/${brand.tenantId}/tiers`, {
    token: brand.owner.token,
    body: { name: 'Basic', code: 'basic', rank: 0 },
  });
  const tierId: string = tier.body.data.id;
  return { ...brand, tierId, member: await newMember(test, brand.tenantId) };
}

export async function newMember(test: TestApp, tenantId: string, name = 'member') {
  const member = await quickPerson(test, name);
  const joined = await test.call('POST', `tenants/${tenantId}/membership/join`, { token: member.token });
  expect(joined.status, joined.text).toBe(201);
  return member;
}

/** One after the other, a few at a time: what is tested comes after. */
export async function newMembers(test: TestApp, tenantId: string, count: number) {
  const members: Awaited<ReturnType<typeof newMember>>[] = [];
  while (members.length < count) {
    const some = Array.from({ length: Math.min(8, count - members.length) }, () => newMember(test, tenantId));
    members.push(...(await Promise.all(some)));
  }
  return members;
}

export const reasonsOf = ({ body }: Answer): string[] => body.error?.details?.reasons ?? body.data.reasons;

/** A token of the person that is good at another instant. */
export async function tokenAt(test: TestApp, sql: Sql, { userId, at }: { userId: string; at: Date }): Promise<string> {
  const [session] = await sql`update sessions set expires_at = '2100-01-01' where user_id = ${userId} returning id`;
  return test.app.signAccessToken({ userId, sessionId: session?.['id'], issuedAt: at });
}
