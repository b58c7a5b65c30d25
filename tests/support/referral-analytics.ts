import { randomUUID } from 'node:crypto';
import type { Sql } from 'postgres';
import { expect } from 'vitest';
import type { Person } from './people.ts';
import { quickPerson } from './quick-people.ts';
import { REFERRAL_ANALYTICS_INVARIANTS } from './referral-analytics-invariants.ts';
import type { Answer, TestApp } from './test-app.ts';

export type BrandInZone = { tenantId: string; owner: Person; timezone: string };

/** A brand of this zone from its beginning, in EUR. */
export async function analyticsBrand(test: TestApp, timezone: string): Promise<BrandInZone> {
  const owner = await quickPerson(test, 'owner');
  const body = { name: 'Brand', subdomain: `r${randomUUID().slice(0, 18)}`, currency: 'EUR', timezone };
  const made = await test.call('POST', 'tenants', { token: owner.token, body });
  expect(made.status, made.text).toBe(201);
  return { tenantId: made.body.data.id, owner, timezone };
}

type Query = Record<string, string>;

export function askAnalytics(test: TestApp, brand: BrandInZone, query: Query, at: Query = {}): Promise<Answer> {
  const { tenantId, owner } = brand;
  const { userId, sessionId } = owner;
  const instant = at['x-test-clock'];
  const token = instant ? test.app.signAccessToken({ userId, sessionId, issuedAt: new Date(instant) }) : owner.token;
  const path = `referrals/brand/analytics?${new URLSearchParams(query)}`;
  return test.call('GET', path, { token, headers: { 'x-tenant-id': tenantId, ...at } });
}

export async function readAnalytics(test: TestApp, brand: BrandInZone, query: Query, at: Query = {}) {
  const answer = await askAnalytics(test, brand, query, at);
  expect(answer.status, answer.text).toBe(200);
  return answer.body.data;
}

/** For rows that no operation made: of the other invariants they keep none. */
export async function checkAnalytics(sql: Sql): Promise<void> {
  for (const [name, statement] of Object.entries(REFERRAL_ANALYTICS_INVARIANTS)) {
    expect([...(await sql.unsafe(statement))], name).toEqual([]);
  }
}
