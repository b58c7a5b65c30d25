import { afterAll, describe, expect, it } from 'vitest';
import { insertRecoveries } from '#db/queries/webhook-deliveries.ts';
import { takeDueDeliveries } from '#db/queries/webhook-queue.ts';
import { lowestIdAt } from '#src/lib/ids.ts';
import { addSeconds } from '#src/lib/time.ts';
import { createBrand } from '../support/people.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';
import { createEndpoint } from '../support/webhooks.ts';

const test = await startTestApp();
const { sql } = openRows(test.url);
const [ENDPOINTS, EACH] = [10, 300];

// They are deliveries of events that never were, and events of nothing.
afterAll(() => sql`truncate events, webhook_deliveries`);

describe('a backlog that came before anybody looked at the table', () => {
  it('is taken without a walk through all of it for each of them', async () => {
    const brand = await createBrand(test);
    for (let n = 0; n < ENDPOINTS; n += 1) await createEndpoint(test, brand, { url: 'https://hooks.example.com/' });
    await sql`insert into webhook_deliveries
        (tenant_id, id, endpoint_id, event_id, event_type, position, status, next_attempt_at, created_at)
      select tenant_id, uuidv7(), id, uuidv7(), 'product.created', n, 'pending', now(), now()
      from webhook_endpoints, generate_series(1, ${EACH}::int) n where tenant_id = ${brand.tenantId}`;
    const now = new Date(Date.now() + 1_000);
    const limits = { most: 2_000, room: 200, perFailing: 4, failingTurns: 250, held: [] };
    const read = await test.deps.db.transaction(async (tx) => {
      expect(await takeDueDeliveries(tx as never, { now, until: now, ...limits })).toHaveLength(2_000);
      // Of this session alone.
      const [row] = await tx.execute(`select sum(seq_tup_read + idx_tup_fetch)::int as read
        from pg_stat_xact_user_tables where relname = 'webhook_deliveries'`);
      return Number(row?.['read']);
    });
    expect(read).toBeLessThanOrEqual(2_000 * 5);
  });
});

describe('a recovery of what came before anybody looked at the tables', () => {
  it('reads the events once and the deliveries once, and not these for each of those', async () => {
    const [brand, count] = [await createBrand(test), 2_000];
    const { tenantId } = brand;
    const { id: endpointId } = await createEndpoint(test, brand, { url: 'https://hooks.example.com/' });
    await sql`insert into events (tenant_id, id, type, object_type, object_id, sequence, data, created_at)
      select ${tenantId}, uuidv7(), 'payment.succeeded', 'payment', uuidv7(), 1, '{}', now()
      from generate_series(1, ${count}::int)`;
    await sql`insert into webhook_deliveries
        (tenant_id, id, endpoint_id, event_id, event_type, position, status, created_at, finished_at)
      select tenant_id, uuidv7(), ${endpointId}, id, type, position,
        case when position % 100 = 0 then 'failed' else 'succeeded' end, now(), now()
      from events where tenant_id = ${tenantId}`;
    const now = new Date();
    const since = addSeconds(now, -60);
    const range = { types: ['payment.succeeded'] as const, since, fromId: lowestIdAt(since), upTo: 1e9 };
    const read = await test.deps.db.transaction(async (tx) => {
      expect(await insertRecoveries(tx as never, { tenantId, endpointId, ...range, now, limit: 5_000 })).toBe(
        count / 100,
      );
      const [row] = await tx.execute(`select sum(seq_tup_read + idx_tup_fetch)::int as read
        from pg_stat_xact_user_tables where relname in ('events', 'webhook_deliveries')`);
      return Number(row?.['read']);
    });
    expect(read).toBeLessThanOrEqual(count * 8);
  });
});

describe('an endpoint that ends with more to be told than can be canceled at once', () => {
  const LOTS = 25_000;

  async function setUp() {
    const brand = await createBrand(test);
    const { id } = await createEndpoint(test, brand, { url: 'https://hooks.example.com/' });
    await sql`insert into webhook_deliveries
        (tenant_id, id, endpoint_id, event_id, event_type, position, status, next_attempt_at, created_at)
      select ${brand.tenantId}, uuidv7(), ${id}, uuidv7(), 'product.created', n, 'pending', now(), now()
      from generate_series(1, ${LOTS}::int) n`;
    const count = async () => {
      const rows = await sql`select status, count(*)::int from webhook_deliveries where endpoint_id = ${id} group by 1`;
      return Object.fromEntries(rows.map((row) => [row['status'], row['count']]));
    };
    const path = `webhooks/endpoints/${id}`;
    const change = (active: boolean) => test.call('PATCH', path, { token: brand.owner.token, body: { active } });
    return { brand, path, count, change };
  }

  it('is off at once; a job cancels the rest', async () => {
    const { count, change } = await setUp();
    expect((await change(false)).status).toBe(200);
    expect(await count()).toEqual({ canceled: 10_000, pending: LOTS - 10_000 });
    await test.runJobs();
    expect(await count()).toEqual({ canceled: LOTS });
  });

  it('is gone at once; a job cancels the rest', async () => {
    const { brand, path, count } = await setUp();
    expect((await test.call('DELETE', path, { token: brand.owner.token })).status).toBe(200);
    await test.runJobs();
    expect(await count()).toEqual({ canceled: LOTS });
  });

  it('starts anew when it is enabled before that job has come, which takes nothing then', async () => {
    const { brand, path, count, change } = await setUp();
    await change(false);
    expect((await change(true)).status).toBe(200);
    expect(await count()).toEqual({ canceled: LOTS });
    await test.call('POST', `${path}/test`, { token: brand.owner.token });
    await test.runJobs();
    expect(await count()).toEqual({ canceled: LOTS, pending: 1 });
  });
});
