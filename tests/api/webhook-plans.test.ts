import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listEvents } from '#db/queries/events.ts';
import { listWebhookDeliveries } from '#db/queries/webhook-deliveries.ts';
import { eventTypes } from '#schemas/events.ts';
import { listEvents as feed } from '#src/events/list-events.ts';
import { recoverWebhookDeliveries } from '#src/webhooks/recover-webhook-deliveries.ts';
import { createBrand } from '../support/people.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';

const ROWS = Number(process.env['PLAN_ROWS'] ?? 60_000);
const test = await startTestApp();
const { sql } = openRows(test.url);
const { tenantId, owner } = await createBrand(test);
let endpointId = '';

/** How many rows the work reads through an index or past it, and what it answers. */
async function readBy<Answer>(work: (db: any) => Promise<Answer>): Promise<{ read: number; answer: Answer }> {
  return test.deps.db.transaction(async (tx) => {
    // The counters are those of this session: nobody else may read for it.
    await tx.execute('set local max_parallel_workers_per_gather = 0');
    const count = async () => {
      const [row] = await tx.execute(`select sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::int as read
        from pg_stat_xact_user_tables where relname in ('events', 'webhook_deliveries')`);
      return Number(row?.['read']);
    };
    const before = await count();
    const startedAt = performance.now();
    const answer = await work(tx);
    if (process.env['PLAN_ROWS']) console.log(`${(performance.now() - startedAt).toFixed(1)} ms`);
    return { read: (await count()) - before, answer };
  });
}

beforeAll(async () => {
  const other = await createBrand(test);
  const body = { url: 'https://hooks.example.com/', events: ['*'] };
  const made = await test.call('POST', 'webhooks/endpoints', { token: owner.token, body });
  endpointId = made.body.data.endpoint.id;
  const ago = sql`(n - ${ROWS}::int) * interval '1 minute'`;
  await sql`
    insert into events (tenant_id, id, type, object_type, object_id, sequence, data, created_at)
    select case when n % 10 = 0 then ${other.tenantId}::uuid else ${tenantId}::uuid end, uuidv7(${ago}),
      case when n % 20001 = 1 then 'product.created' else 'payment.succeeded' end, 'payment', uuidv7(), 1,
      jsonb_build_object('pad', repeat('x', 300)), now() + ${ago}
    from generate_series(1, ${ROWS}::int) n`;
  await sql`
    insert into webhook_deliveries
      (tenant_id, id, endpoint_id, event_id, event_type, position, status, attempts, created_at, finished_at)
    select tenant_id, uuidv7(created_at - now()), ${endpointId}, id, type, position,
      case when position % 20001 = 5 then 'failed' else 'succeeded' end, '[]', created_at, created_at
    from events where tenant_id = ${tenantId}`;
  await sql`update webhook_cursor set position = ${ROWS}`;
  await sql`vacuum analyze events, webhook_deliveries`;
}, 600_000);

// They are events of nothing.
afterAll(() => sql`truncate events`);

describe('among many events and deliveries no more is read than is shown:', () => {
  const page = { tenantId, after: 0, upTo: ROWS, rows: 51 };

  it.each([
    ['a rare type', ['product.created'], 3],
    ['a rare kind', ['product.created', 'product.updated'], 3],
    ['a type that there is none of', ['file.uploaded'], 0],
    ['a kind that there is much of', eventTypes.filter((type) => type.startsWith('payment.')), 51],
    ['much and little at once', ['product.created', 'payment.succeeded'], 51],
    ['all', null, 51],
  ] as const)('the feed of %s', async (_name, types, count) => {
    const { read, answer } = await readBy((db) => listEvents(db, { ...page, types: types as never }));
    if (ROWS === 60_000) expect(answer).toHaveLength(count);
    expect(answer.map(({ position }) => position)).toEqual(
      answer.map(({ position }) => position).sort((a, b) => a - b),
    );
    expect(read).toBeLessThanOrEqual(200);
  });

  it('the feed from its end', async () => {
    const input = { tenantId, limit: 50, type: 'payment.*' as const };
    const [last] = await sql`select id from events where tenant_id = ${tenantId} order by position desc limit 1`;
    const ctx = (db: any) => ({ db, deps: test.deps }) as never;
    const { read, answer } = await readBy((db) => feed(ctx(db), { ...input, after: last?.['id'] }));
    expect(answer.items).toEqual([]);
    expect(read).toBeLessThanOrEqual(50);
  });

  it('the deliveries that failed', async () => {
    const page = { at: new Date(), afterId: 'ffffffff-ffff-ffff-ffff-ffffffffffff', rows: 51 };
    const filter = { tenantId, endpointId, status: 'failed' as const, page };
    const { read, answer } = await readBy((db) => listWebhookDeliveries(db, filter));
    expect(answer.length).toBeGreaterThan(1);
    expect(read).toBeLessThanOrEqual(100);
  });

  it.each([1, 24, 480])('a recovery of %d hours: of this time alone', async (hours) => {
    const since = new Date(Date.now() - hours * 3_600_000);
    const ctx = (db: any) => ({ db, clock: test.deps.clock }) as never;
    const { read, answer } = await readBy((db) => recoverWebhookDeliveries(ctx(db), { tenantId, endpointId, since }));
    expect(answer).toEqual({ queued: hours > 400 ? 1 : 0, hasMore: false });
    // There is an event and a delivery a minute.
    expect(read).toBeLessThanOrEqual((hours + 1) * 240);
  });
});
