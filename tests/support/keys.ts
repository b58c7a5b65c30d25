import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { type Operation, operationsOf } from './operations.ts';
import type { Brand } from './people.ts';
import { quickPerson } from './quick-people.ts';
import type { Rows } from './rows.ts';
import type { Answer, TestApp } from './test-app.ts';

export type Key = { id: string; key: string; apiKey: any };

/** A brand whose owner cost no password hash. */
export async function quickBrand(test: TestApp, name = 'Brand'): Promise<Brand> {
  const owner = await quickPerson(test, 'owner');
  const subdomain = `b${randomUUID().slice(0, 18)}`;
  const answer = await test.call('POST', 'tenants', { token: owner.token, body: { name, subdomain } });
  expect(answer.status, answer.text).toBe(201);
  return { tenantId: answer.body.data.id, subdomain, owner };
}

/** A key that the owner of the brand made: read and write, without end. */
export async function makeKey(test: TestApp, { tenantId, owner }: Brand, body: object = {}): Promise<Key> {
  const answer = await test.call('POST', 'auth/api-keys', {
    token: owner.token,
    body: { name: 'Till', scopes: ['read', 'write'], tenantId, ...body },
  });
  expect(answer.status, answer.text).toBe(201);
  return keyOf(answer);
}

export function keyOf({ body }: Answer): Key {
  return { id: body.data.apiKey.id, key: body.data.key, apiKey: body.data.apiKey };
}

/** The key as its bearer uses it. */
export const useKey = (test: TestApp, key: string, at?: Date): Promise<Answer> =>
  test.call('GET', 'auth/verify', { token: key, headers: at ? atInstant(at) : {} });

export const atInstant = (at: Date) => ({ 'x-test-clock': at.toISOString() });

export const inSeconds = (seconds: number, from = Date.now()) => new Date(from + seconds * 1000);

/** The operations whose line in the table of permissions passes. */
export function operationsWhere(test: TestApp, passes: (operation: Operation) => boolean): Operation[] {
  return operationsOf(test.app).filter(passes);
}

/** The statements that the application sent to the database meanwhile. */
export async function statementsOf(test: TestApp, work: () => Promise<unknown>): Promise<string[]> {
  await test.deps.usage.flush();
  const from = test.statements.length;
  await work();
  return test.statements.slice(from);
}

/** The tables, those of the jobs included, in which the text stands anywhere. */
export async function tablesWith({ sql }: Rows, text: string): Promise<string[]> {
  const tables = await sql`
    select n.nspname as schema, c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and n.nspname in ('public', 'pgboss')`;
  const found = await Promise.all(
    tables.map(async ({ schema, name }) => {
      const rows = await sql`
        select 1 from ${sql(schema)}.${sql(name)} as one where position(${text} in one::text) > 0 limit 1`;
      return rows.length === 0 ? [] : [`${schema}.${name}`];
    }),
  );
  return found.flat().sort();
}
