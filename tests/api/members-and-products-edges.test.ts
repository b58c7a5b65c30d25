import { describe, expect, it } from 'vitest';
import { withTx } from '#src/context.ts';
import { expireMemberships } from '#src/memberships/expire-memberships.ts';
import { endMembership } from '#src/memberships/steps/end-membership.ts';
import { type Brand, createBrand } from '../support/people.ts';
import { quickPerson } from '../support/quick-people.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp();
const { call } = test;
const { sql } = openRows(test.url);

const BEANS = { name: 'Beans', price: { amount: 990, currency: 'EUR' }, status: 'active' };
const save = ({ owner, tenantId }: Brand, body: object, headers: Record<string, string> = {}) =>
  call('POST', 'tenants/brand/products', {
    token: owner.token,
    body: { ...BEANS, ...body },
    headers: { 'x-tenant-id': tenantId, ...headers },
  });
const eventsOf = async (objectId: string) =>
  (await sql`select type, sequence::int from events where object_id = ${objectId} order by position`).map(
    ({ type, sequence }) => `${sequence} ${type}`,
  );

async function joined() {
  const brand = await createBrand(test);
  const tier = { name: 'Basic', code: 'basic', rank: 1 };
  await call('POST', `memberships/tenant/${brand.tenantId}/tiers`, { token: brand.owner.token, body: tier });
  const person = await quickPerson(test);
  const { data } = (await call('POST', `tenants/${brand.tenantId}/membership/join`, { token: person.token })).body;
  return { brand, person, id: data.id as string };
}

describe('the expiry job', () => {
  const yesterday = new Date(Date.now() - 86_400_000);

  it('tells of a membership in a suspended brand too', async () => {
    const { brand, id } = await joined();
    await sql`update memberships set expires_at = ${yesterday}, ends_at = ${yesterday} where id = ${id}`;
    await sql`update tenants set status = 'suspended' where id = ${brand.tenantId}`;
    expect(await expireMemberships(test.deps)).toBe(1);
    expect(await eventsOf(id)).toEqual(['1 membership.created', '2 membership.updated']);
  });

  it('goes past one that somebody holds, and takes it the next time', async () => {
    const [held, free] = [await joined(), await joined()];
    await sql`update memberships set expires_at = ${yesterday}, ends_at = ${yesterday} where id in ${sql([held.id, free.id])}`;
    await sql.begin(async (tx) => {
      await tx`select from memberships where id = ${held.id} for update`;
      expect(await expireMemberships(test.deps)).toBe(1);
    });
    expect(await expireMemberships(test.deps)).toBe(1);
    expect(await eventsOf(held.id)).toHaveLength(2);
  });
});

describe('a membership of a suspended brand', () => {
  it('that ends is told of, when the brand is back', async () => {
    const { brand, person, id } = await joined();
    const { tenantId } = brand;
    const [row] = await sql`select tier_id from memberships where id = ${id}`;
    await sql`update tenants set status = 'suspended' where id = ${tenantId}`;
    const now = new Date();
    const isEnded = await withTx(test.deps, (tx) =>
      endMembership(tx, { tenantId, userId: person.userId, tierId: row?.['tier_id'], now }),
    );
    expect(isEnded).toBe(true);
    expect(await eventsOf(id)).toEqual(['1 membership.created', '2 membership.canceled']);
    const path = `tenants/${tenantId}/membership/status`;
    expect((await call('GET', path, { token: person.token })).status).toBe(404);
  });
});

describe('the members of a status', () => {
  it('are those that have it now, written down or not', async () => {
    const { brand, id } = await joined();
    await sql`update memberships set (expires_at, ends_at) = (now() - interval '1 second', now() - interval '1 second') where id = ${id}`;
    const list = async (status: string) => {
      const path = `memberships/tenant/${brand.tenantId}/members?status=${status}`;
      return (await call('GET', path, { token: brand.owner.token })).body.data.length;
    };
    expect([await list('active'), await list('expired')]).toEqual([0, 1]);
  });
});

describe('a paused member', () => {
  it('may leave', async () => {
    const { brand, person, id } = await joined();
    await sql`update memberships set status = 'paused' where id = ${id}`;
    const left = await call('POST', `tenants/${brand.tenantId}/membership/leave`, { token: person.token });
    expect(left.body.data).toMatchObject({ status: 'canceled', userId: person.userId });
  });
});

describe('a product', () => {
  it('that is said again as it is makes no version, no event and no entry', async () => {
    const brand = await createBrand(test);
    const first = await save(brand, { externalId: 'a', metadata: { b: 1, a: [2] } });
    const again = await save(brand, { externalId: 'a', metadata: { a: [2], b: 1 } });
    expect([again.status, again.body, again.headers['etag']]).toEqual([200, first.body, first.headers['etag']]);
    expect(await eventsOf(first.body.data.id)).toEqual(['1 product.created']);
  });

  it('with the id of another object counts its own events', async () => {
    const { brand, id } = await joined();
    expect((await save(brand, { id })).status).toBe(201);
    expect(await eventsOf(id)).toEqual(['1 membership.created', '1 product.created']);
    expect((await save(brand, { id: '2d1f2b6e-8c0e-4b6e-9d35-1d1c7a3f5e11' })).status).toBe(400);
  });

  it('that was refused on a stale condition is saved under the same Idempotency-Key with the right one', async () => {
    const brand = await createBrand(test);
    const { etag } = (await save(brand, { externalId: 'a' })).headers;
    const fresh = (await save(brand, { externalId: 'a', stock: 1 })).headers['etag'];
    const retry = (tag: string) =>
      save(brand, { externalId: 'a', stock: 2 }, { 'if-match': tag, 'idempotency-key': 'k' });
    expect((await retry(String(etag))).status).toBe(412);
    expect((await retry(String(fresh))).status).toBe(200);
    expect((await retry(String(etag))).status).toBe(422);
  });

  it('is found in its own brand alone, and a search without a word finds nothing', async () => {
    const [mine, other] = [await createBrand(test), await createBrand(test)];
    await save(mine, { name: 'Mine' });
    await save(other, { name: 'Minerva' });
    const found = async (q: string) => {
      const answer = await call('GET', `tenants/${mine.tenantId}/products?q=${encodeURIComponent(q)}`);
      return answer.body.data.map(({ name }: any) => name);
    };
    expect(await found('mine')).toEqual(['Mine']);
    for (const nothing of ['%', '🙂', '\\', other.tenantId]) expect(await found(nothing), nothing).toEqual([]);
  });
});
