import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type { ApiKeyScope } from '#schemas/api-keys.ts';
import type { Plan } from '#schemas/plans.ts';
import type { Brand } from './people.ts';
import { quickPerson } from './quick-people.ts';
import type { Rows } from './rows.ts';
import type { Answer, TestApp } from './test-app.ts';

export const newKey = (): string => `key-${randomUUID()}`;

/** Headers of a call under an Idempotency-Key. */
export const keyed = (key: string): Record<string, string> => ({ 'idempotency-key': key });

/** A brand made through the API, without the price of a registration. */
export async function quickBrand(test: TestApp): Promise<Brand & { token: string; stores: string }> {
  const owner = await quickPerson(test, 'owner');
  return brandOf(test, owner);
}

export async function brandOf(test: TestApp, owner: Brand['owner']) {
  const { token } = owner;
  const subdomain = `b${randomUUID().slice(0, 18)}`;
  const made = await test.call('POST', 'tenants', { token, body: { name: 'Brand', subdomain } });
  expect(made.status, made.text).toBe(201);
  const tenantId: string = made.body.data.id;
  return { tenantId, subdomain, owner, token, stores: `stores/tenant/${tenantId}` };
}

export type MadeKey = { apiKeyId: string; key: string };

export async function makeApiKey(
  test: Pick<TestApp, 'call'>,
  { tenantId, owner }: Brand,
  scopes: ApiKeyScope[] = ['read', 'write'],
): Promise<MadeKey> {
  const body = { name: 'Till', scopes, tenantId };
  const made = await test.call('POST', 'auth/api-keys', { token: owner.token, body });
  expect(made.status, made.text).toBe(201);
  return { apiKeyId: made.body.data.apiKey.id, key: made.body.data.key };
}

export async function setPlan({ sql }: Pick<Rows, 'sql'>, tenantId: string, plan: Plan): Promise<void> {
  await sql`update tenants set plan = ${plan} where id = ${tenantId}`;
}

type HeaderCall = { method?: string; headers?: Record<string, string>; body?: unknown; timeoutMs?: number };
export type HeaderCaller = (path: string, call?: HeaderCall) => Promise<Answer>;

/** Calls a server over the network with any headers. Throws when no answer comes. */
export function headerCaller(url: string): HeaderCaller {
  return async (path, { method = 'GET', headers, body, timeoutMs = 10_000 } = {}) => {
    const response = await fetch(`${url}/api/v1/${path}`, {
      method,
      signal: AbortSignal.timeout(timeoutMs),
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const { status } = response;
    return { status, body: text === '' ? null : JSON.parse(text), headers: Object.fromEntries(response.headers), text };
  };
}

/** Every row of every table and every job as text: equal before and after means that nothing at all was written. */
export async function everything({ sql, columns }: Rows): Promise<string[]> {
  const tables = [...new Set((await columns()).map(({ table }) => `public.${table}`)), 'pgboss.job'];
  const found = await Promise.all(tables.map((table) => sql`select ${table} || t::text as row from ${sql(table)} t`));
  return found.flatMap((rows) => rows.map(({ row }) => row)).sort();
}

export type ReadyBrand = Awaited<ReturnType<typeof brandOf>>;

/** The write that idempotency is tried on: a store is opened under the key. */
export function openStoreWith(test: Pick<TestApp, 'call'>) {
  return (brand: ReadyBrand, key: string, body: object, more: Record<string, string> = {}): Promise<Answer> =>
    test.call('POST', brand.stores, { token: brand.token, headers: { ...keyed(key), ...more }, body });
}

export const isReplay = ({ headers }: Answer): boolean => headers['idempotent-replayed'] === 'true';

export function expectReplayOf(first: Answer, second: Answer): void {
  expect(isReplay(first)).toBe(false);
  expect(isReplay(second), second.text).toBe(true);
  expect([second.status, second.text]).toEqual([first.status, first.text]);
  expect(second.headers['content-type']).toBe(first.headers['content-type']);
}

export function expectFresh(answer: Answer, status: number): void {
  expect(answer.status, answer.text).toBe(status);
  expect(isReplay(answer)).toBe(false);
}
