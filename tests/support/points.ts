import { expect } from 'vitest';
import type { PointReason } from '#schemas/points.ts';
import { fixedClock } from '#src/clients/clock.ts';
import { withTx } from '#src/context.ts';
import { jobHandlers } from '#src/job-handlers.ts';
import { newId } from '#src/lib/ids.ts';
import { movePoints } from '#src/points/steps/move-points.ts';
import { newMember } from './coupons.ts';
import { quickBrand } from './keys.ts';
import type { Brand, Person } from './people.ts';
import type { TestApp } from './test-app.ts';

export type PointsBrand = Brand & { basicId: string };
export type Holder = Person & { tenantId: string; membershipId: string };

/** A brand that one can join. */
export async function pointsBrand(test: TestApp): Promise<PointsBrand> {
  const brand = await quickBrand(test);
  return { ...brand, basicId: await makeTier(test, brand, { code: 'basic', rank: 0 }) };
}

type TierFields = { code: string; rank: number; pointsThreshold?: number | null; price?: object };

export async function makeTier(test: TestApp, { tenantId, owner }: Brand, tier: TierFields): Promise<string> {
  const body = { name: tier.code, ...tier };
  const made = await test.call('POST', `memberships/tenant/${tenantId}/tiers`, { token: owner.token, body });
  expect(made.status, made.text).toBe(201);
  return made.body.data.id;
}

export async function newHolder(test: TestApp, { tenantId }: Brand, name = 'holder'): Promise<Holder> {
  const person = await newMember(test, tenantId, name);
  const status = await test.call('GET', `tenants/${tenantId}/membership/status`, { token: person.token });
  return { ...person, tenantId, membershipId: status.body.data.membership.id };
}

type Moving = {
  amount: number;
  reason?: PointReason;
  at?: Date;
  cause?: { type: string; id: string };
  earnedAt?: Date;
};

/** A movement as its cause makes it; null when there are too few. */
export function move(test: TestApp, { tenantId, membershipId }: Holder, moving: Moving) {
  const { amount, reason = 'quest', at: now = new Date(), cause = { type: 'questClaim', id: newId() } } = moving;
  const { earnedAt } = moving;
  return withTx(test.deps, (tx) =>
    movePoints(tx, { tenantId, membershipId, amount, reason, cause, now, ...(earnedAt && { earnedAt }) }),
  );
}

export async function setPolicy(test: TestApp, { tenantId, owner }: Brand, policy: object) {
  const tiers = { basis: 'earned', downgrade: { mode: 'never' } };
  const body = { expiry: null, tiers, ...policy };
  const set = await test.call('PUT', `tenants/${tenantId}/points/policy`, { token: owner.token, body });
  expect(set.status, set.text).toBe(200);
  await test.runJobs();
  return set.body.data;
}

/** What the jobs do at an instant. */
export const jobsAt = (test: TestApp, at: Date) => jobHandlers({ ...test.deps, clock: fixedClock(at) });

export async function pointsOf(test: TestApp, { tenantId, token }: Holder) {
  const answer = await test.call('GET', `tenants/${tenantId}/points`, { token });
  expect(answer.status, answer.text).toBe(200);
  return answer.body.data;
}

export async function tierOf(test: TestApp, { tenantId, token }: Holder): Promise<string> {
  const status = await test.call('GET', `tenants/${tenantId}/membership/status`, { token });
  return status.body.data.membership.tier.code;
}

export function addDays(days: number, from = new Date()): Date {
  return new Date(from.getTime() + days * 86_400_000);
}

type Selling = { pointsPrice?: number | null; stock?: number | null; tierIds?: string[]; status?: string };

/** A product of the brand for so many points. */
export async function sellForPoints(test: TestApp, { tenantId, owner }: Brand, fields: Selling = {}): Promise<string> {
  const price = { amount: 990, currency: 'EUR' };
  const body = { name: 'Mug', price, status: 'active', pointsPrice: 100, ...fields };
  const headers = { 'x-tenant-id': tenantId };
  const saved = await test.call('POST', 'tenants/brand/products', { token: owner.token, body, headers });
  expect(saved.status, saved.text).toBe(201);
  return saved.body.data.id;
}

type Buying = { tenantId: string; productId: string; token: string; quantity?: number };

export function buyForPoints(test: Pick<TestApp, 'call'>, { tenantId, productId, token, quantity }: Buying) {
  const body = quantity === undefined ? {} : { quantity };
  return test.call('POST', `tenants/${tenantId}/products/${productId}/points-purchase`, { token, body });
}
