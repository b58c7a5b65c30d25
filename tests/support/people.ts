import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type { TestApp } from './test-app.ts';

export const PASSWORD = 'quiet-harbour-41';

export type Person = { userId: string; email: string; token: string; refreshToken: string; sessionId: string };

export function uniqueEmail(name = 'person'): string {
  return `${name.toLowerCase()}-${randomUUID()}@example.com`;
}

/** Somebody who has registered. */
export async function register(test: TestApp, name = 'person'): Promise<Person> {
  const email = uniqueEmail(name);
  const answer = await test.call('POST', 'auth/register', { body: { email, password: PASSWORD, name } });
  expect(answer.status, answer.text).toBe(201);
  const { accessToken, refreshToken, user } = answer.body.data;
  return { userId: user.id, email, token: accessToken, refreshToken, sessionId: sessionOf(accessToken) };
}

export function sessionOf(accessToken: string): string {
  return JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString()).sid;
}

export type Brand = { tenantId: string; subdomain: string; owner: Person };

/** A brand of its own for a test, with its owner. */
export async function createBrand(test: TestApp, body: object = {}): Promise<Brand> {
  const owner = await register(test, 'owner');
  const subdomain = `b${randomUUID().slice(0, 18)}`;
  const answer = await test.call('POST', 'tenants', {
    token: owner.token,
    body: { name: 'Brand', subdomain, ...body },
  });
  expect(answer.status, answer.text).toBe(201);
  return { tenantId: answer.body.data.id, subdomain, owner };
}

/** Somebody who joined the brand's team by invitation. */
export async function addMember(test: TestApp, brand: Brand, role: string): Promise<Person> {
  const person = await register(test, role);
  const team = `tenants/${brand.tenantId}/team`;
  const invited = await test.call('POST', team, { token: brand.owner.token, body: { email: person.email, role } });
  expect(invited.status, invited.text).toBe(201);
  const token = await mailedToken(test, person.email);
  const accepted = await test.call('POST', `${team}/accept`, { token: person.token, body: { token } });
  expect(accepted.status, accepted.text).toBe(200);
  return person;
}

/** The token of the last mail to the address. */
export async function mailedToken(test: TestApp, email: string): Promise<string> {
  await test.runJobs();
  const mail = test.mails.findLast(({ to }) => to === email);
  const token = /tt[im]_[\w-]+/.exec(mail?.text ?? '')?.[0];
  expect(token).toBeDefined();
  return token ?? '';
}
