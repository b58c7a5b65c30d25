import { beforeAll, describe, expect, it } from 'vitest';
import { newId } from '#src/lib/ids.ts';
import { liveCall } from '../support/live-calls.ts';
import { fieldsOf, type Operation, operationsOf } from '../support/operations.ts';
import type { Person } from '../support/people.ts';
import { quickPerson } from '../support/quick-people.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';
import { createFullBrand, type FullBrand } from '../support/world.ts';

const test = await startTestApp({ RATE_LIMITS: 'off' });
const rows = openRows(test.url);
const withBody = operationsOf(test.app).filter(({ body }) => body !== undefined);
const columns = await rows.columns();

let other: FullBrand;
let victim: Person;

beforeAll(async () => {
  other = await createFullBrand(test);
  victim = await quickPerson(test, 'victim');
  await rows.sql`delete from tenant_members where role = 'admin'`;
});

/** Values that no honest call of the walk would store; those of ids exist, so that a foreign key does not save us. */
function injected(): Record<string, unknown> {
  const since = '2001-01-01T00:00:00.000Z';
  return {
    ...{ id: newId(), tenantId: other.tenantId, userId: victim.userId, ownerId: victim.userId, sessionId: newId() },
    ...{ role: 'admin', platformRole: 'admin', status: 'closing', points: 987_654_321, balance: 987_654_321 },
    ...{ version: 4242, defaultStoreId: other.params['storeId'], isDefault: true, invitedBy: victim.userId },
    ...{ createdAt: since, updatedAt: since, joinedAt: since, expiresAt: since, emailVerifiedAt: since },
    ...{
      emailVerified: true,
      tokenHash: 'injected-hash',
      passwordHash: 'injected-hash',
      signupTenantId: other.tenantId,
    },
  };
}

const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** How often each injected value is stored in a column of its name, in any table. */
async function countStored(fields: Record<string, unknown>): Promise<Record<string, number>> {
  const found = Object.entries(fields).flatMap(([name, value]) =>
    columns.filter(({ column }) => column === snake(name)).map((place) => ({ ...place, value: String(value) })),
  );
  const counts = await Promise.all(found.map(async (place) => [`${place.table}.${place.column}`, await stored(place)]));
  return Object.fromEntries(counts);
}

function stored({ table, column, value }: { table: string; column: string; value: string }): Promise<number> {
  const isInstant = /^\d{4}-\d\d-\d\dT/.test(value);
  return rows.count({ table, column, value: isInstant ? value.replace('.000Z', '+00:00') : value });
}

describe('fields that a body does not declare (G2)', () => {
  it.each(withBody)('$id stores none of them', async (operation: Operation) => {
    const live = await liveCall(test, operation);
    await rows.sql`delete from tenant_members where role = 'admin'`;
    const declared = fieldsOf(operation.body);
    const extra = Object.fromEntries(Object.entries(injected()).filter(([name]) => !declared.includes(name)));
    const storeBefore = await defaultStore(live.brand.tenantId);
    const before = await countStored(extra);

    const { url, token, headers } = live;
    const answer = await test.call(operation.method, url, { token, headers, body: { ...live.body, ...extra } });
    expect(answer.status, answer.text).toBeLessThan(300);
    expect(await countStored(extra)).toEqual(before);
    expect(await defaultStore(live.brand.tenantId)).toBe(storeBefore);
  });

  it('looks at the columns that matter', async () => {
    const places = Object.keys(await countStored(injected()));
    expect(places).toEqual(
      expect.arrayContaining([
        ...['users.platform_role', 'users.id', 'users.created_at', 'users.email_verified_at', 'users.password_hash'],
        ...['tenants.status', 'tenants.version', 'tenants.default_store_id', 'stores.tenant_id', 'stores.created_at'],
        ...['tenant_members.role', 'tenant_members.user_id', 'tenant_invitations.role', 'tenant_invitations.tenant_id'],
      ]),
    );
  });

  it('would see each of them stored', async () => {
    const fields = injected();
    const before = await countStored(fields);
    const { storeId, tenantId } = (await createFullBrand(test)).params;
    await rows.sql`update tenants set version = 4242, status = 'closing', created_at = ${String(fields['createdAt'])}
      where id = ${tenantId ?? ''}`;
    await rows.sql`update stores set id = ${String(fields['id'])} where id = ${storeId ?? ''}`;
    const after = await countStored(fields);
    const risen = Object.keys(after).filter((place) => (after[place] ?? 0) > (before[place] ?? 0));
    expect(risen).toEqual(
      expect.arrayContaining(['tenants.version', 'tenants.status', 'tenants.created_at', 'stores.id']),
    );
  });
});

async function defaultStore(tenantId: string): Promise<string | null> {
  const [row] = await rows.sql`select default_store_id from tenants where id = ${tenantId}`;
  return row?.['default_store_id'];
}
