import { afterAll, describe, expect, it } from 'vitest';
import { makeDeliveries } from '#src/webhooks/dispatch-events.ts';
import { createBrand } from '../support/people.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp();
const { sql } = openRows(test.url);
const [BRANDS, EVENTS, DUE, ROUND] = [500, 20_000, 20_000, 100];
/** A row of the round is read for several reasons, and by some plans twice; what only waits is twenty times as much as that. */
const MOST_READ = ROUND * 10;

// They are events of nothing, and deliveries of events that never were.
afterAll(() => sql`truncate events, webhook_deliveries, webhook_batches`);

/** Brands with an endpoint each, long waits of events and of deliveries behind them. */
async function fill() {
  const { tenantId } = await createBrand(test);
  await sql`insert into tenants select (jsonb_populate_record(t,
    jsonb_build_object('id', uuidv7(), 'subdomain', 'crowd-' || n))).* from tenants t, generate_series(1, ${BRANDS}::int) n
    where t.id = ${tenantId}`;
  await sql`insert into webhook_endpoints
      (tenant_id, id, url, events, active, secret, from_position, created_at, updated_at)
    select id, uuidv7(), 'https://hooks.example.com/', '{*}', true, '', 0, now(), now() from tenants`;
  await sql`
    with brands as (select array_agg(id order by id) as ids from tenants where id <> ${tenantId})
    insert into events (tenant_id, id, type, object_type, object_id, sequence, data, created_at)
    select ids[1 + n % ${BRANDS}], uuidv7(), 'payment.succeeded', 'payment', uuidv7(), 1, '{}', now()
    from brands, generate_series(1, ${EVENTS}::int) n`;
  await sql`insert into webhook_deliveries
      (tenant_id, id, endpoint_id, event_id, event_type, position, status, next_attempt_at, created_at)
    select tenant_id, uuidv7(), id, uuidv7(), 'payment.succeeded', n, 'pending', now(), now()
    from webhook_endpoints, generate_series(1, ${DUE}::int) n where tenant_id = ${tenantId}`;
}

describe('what is to be told next', () => {
  it.each(['before anybody looked at the tables', 'since'])(
    'is found without a walk through all that waits, %s',
    async (when) => {
      if (when === 'since') await sql`vacuum analyze events, webhook_deliveries, webhook_endpoints`;
      else await fill();
      await test.deps.db.transaction(async (tx) => {
        // The counters are those of this session: nobody else may read for it.
        await tx.execute('set local max_parallel_workers_per_gather = 0');
        const [now, room] = [new Date(), { room: 64, most: 1_000, held: [] }];
        const made = await makeDeliveries(tx as never, { ...room, limit: ROUND, now, leaseUntil: () => now });
        expect(made).toMatchObject({ events: ROUND, deliveries: ROUND });
        expect(made.taken).toBe(ROUND);
        const read = await tx.execute(`select relname as table, (seq_tup_read + idx_tup_fetch)::int as read
        from pg_stat_xact_user_tables where relname in ('events', 'webhook_deliveries')`);
        for (const one of read) expect(one['read'], String(one['table'])).toBeLessThanOrEqual(MOST_READ);
      });
    },
  );
});
