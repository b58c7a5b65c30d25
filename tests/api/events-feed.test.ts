import { describe, expect, it } from 'vitest';
import { deleteOldEvents } from '#db/queries/webhook-purge.ts';
import { purgeExpired } from '#src/auth/purge-expired.ts';
import { fixedClock } from '#src/clients/clock.ts';
import { newId } from '#src/lib/ids.ts';
import { createBrand } from '../support/people.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';
import { happen } from '../support/webhooks.ts';

const test = await startTestApp({ DATABASE_POOL_SIZE: '20' });
const { sql } = openRows(test.url);
const feedOf = async (token: string, query = '') => {
  const answer = await test.call('GET', `events${query}`, { token });
  expect(answer.status, answer.text).toBe(200);
  return answer.body;
};

describe('the feed of events', () => {
  it('goes on from any event, by pages, and by type', async () => {
    const brand = await createBrand(test);
    const { token } = brand.owner;
    const types = ['product.created', 'payment.failed', 'product.updated', 'payment.expired', 'membership.created'];
    for (const type of types) await happen(test, brand, { type });
    const all = (await feedOf(token)).data;
    expect(all.map(({ type }: any) => type)).toEqual(types);
    expect((await feedOf(token, `?after=${all[1].id}`)).data).toEqual(all.slice(2));
    expect((await feedOf(token, `?after=${all[4].id}`)).data).toEqual([]);
    const first = await feedOf(token, `?limit=2&after=${all[0].id}`);
    expect(first.data).toEqual(all.slice(1, 3));
    const rest = await feedOf(token, `?limit=2&after=${all[0].id}&cursor=${first.meta.nextCursor}`);
    expect(rest).toMatchObject({ data: all.slice(3), meta: { nextCursor: null } });
    expect((await feedOf(token, '?type=payment.*')).data).toEqual([all[1], all[3]]);
    expect((await feedOf(token, `?type=product.updated&after=${all[1].id}`)).data).toEqual([all[2]]);
    expect((await feedOf(token, '?type=*')).data).toEqual(all);
    const other = await createBrand(test);
    expect((await feedOf(other.owner.token)).data).toEqual([]);
    const foreign = await test.call('GET', `events?after=${all[0].id}`, { token: other.owner.token });
    expect(foreign.status).toBe(404);
  });

  it('waits for a transaction that is open, and then has its event in its place', async () => {
    const brand = await createBrand(test);
    const { token } = brand.owner;
    let finish = () => {};
    const held = new Promise<void>((resolve) => {
      finish = resolve;
    });
    let wrote = () => {};
    const written = new Promise<void>((resolve) => {
      wrote = resolve;
    });
    await happen(test, brand, { data: { n: 1 } });
    const slow = test.deps.db.transaction(async (tx) => {
      await happen({ deps: { db: tx } } as never, brand, { data: { n: 2 } });
      wrote();
      await held;
    });
    await written;
    await happen(test, brand, { data: { n: 3 } });
    const numbers = async () => (await feedOf(token)).data.map(({ data }: any) => data.n);
    expect(await numbers()).toEqual([1]);
    finish();
    await slow;
    expect(await numbers()).toEqual([1, 2, 3]);
  });

  it('has no gaps for a reader beside many writers, and rising numbers for each object', {
    timeout: 60_000,
  }, async () => {
    const brand = await createBrand(test);
    const { token } = brand.owner;
    const objects = Array.from({ length: 5 }, () => newId());
    await sql`create table if not exists locks (id uuid primary key)`;
    for (const id of objects) await sql`insert into locks values (${id})`;
    const write = async (index: number) => {
      const objectId = objects[index % objects.length] ?? '';
      await test.deps.db.transaction(async (tx) => {
        // As under an Idempotency-Key: it writes before it holds the object.
        await tx.execute(`insert into locks values ('${newId()}')`);
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 20));
        await tx.execute(`select 1 from locks where id = '${objectId}' for update`);
        await happen({ deps: { db: tx } } as never, brand, { type: 'product.updated', objectId, data: { objectId } });
        if (index % 7 === 0) throw new Error('rolled back');
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 20));
      });
    };
    let isDone = false;
    const left = Array.from({ length: 400 }, (_, index) => index);
    const writer = async () => {
      for (let next = left.pop(); next !== undefined; next = left.pop()) await write(next).catch(() => {});
    };
    const writing = Promise.all(Array.from({ length: 12 }, writer)).then(() => {
      isDone = true;
    });
    const seen: any[] = [];
    for (let isLast = false; !isLast; ) {
      isLast = isDone;
      const after = seen.at(-1)?.id;
      const { data } = await feedOf(token, `?limit=7${after ? `&after=${after}` : ''}`);
      seen.push(...data);
      if (data.length > 0) isLast = false;
    }
    await writing;
    const stored = await sql`select id from events where tenant_id = ${brand.tenantId} order by position`;
    expect(seen.map(({ id }) => id)).toEqual(stored.map(({ id }) => id));
    expect(seen).toHaveLength(400 - Math.ceil(400 / 7));
    for (const objectId of objects) {
      const numbers = seen.filter(({ data }) => data.objectId === objectId).map(({ sequence }) => sequence);
      expect(numbers).toEqual(numbers.map((_, index) => index + 1));
    }
  });

  it('keeps 90 days; the numbers of an object go on after that', async () => {
    const brand = await createBrand(test);
    const { token } = brand.owner;
    const objectId = newId();
    for (let n = 0; n < 3; n += 1) await happen(test, brand, { objectId });
    const purge = (days: number) =>
      purgeExpired({ db: test.deps.db, clock: fixedClock(new Date(Date.now() + days * 86_400_000)) });
    await purge(89);
    expect((await feedOf(token)).data).toHaveLength(3);
    await purge(91);
    await sql`update sessions set expires_at = now() + interval '1 day'`;
    expect(await sql`select 1 from events where tenant_id = ${brand.tenantId}`).toHaveLength(0);
    await happen(test, brand, { objectId });
    const [row] = await sql`select sequence from events where object_id = ${objectId}`;
    expect(Number(row?.['sequence'])).toBe(4);
  });

  it('repeats no number of an object when a later one is purged before an earlier one', async () => {
    const brand = await createBrand(test);
    const objectId = newId();
    const hours = (count: number) => new Date(Date.now() + count * 3_600_000);
    // Who comes second may have read the clock first.
    await happen(test, brand, { objectId, now: hours(2) });
    await happen(test, brand, { objectId, now: hours(1) });
    await deleteOldEvents(test.deps.db, { before: hours(1.5), limit: 5_000 });
    await happen(test, brand, { objectId, now: hours(3) });
    const rows = await sql`select sequence from events where object_id = ${objectId} order by position`;
    expect(rows.map(({ sequence }) => Number(sequence))).toEqual([1, 3]);
  });

  it('costs a transaction one statement', async () => {
    const brand = await createBrand(test);
    const from = test.statements.length;
    await happen(test, brand);
    expect(test.statements.slice(from)).toHaveLength(1);
  });
});
