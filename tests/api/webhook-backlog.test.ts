import { afterAll, describe, expect, it } from 'vitest';
import { takeDueDeliveries } from '#db/queries/webhook-queue.ts';
import { createBrand } from '../support/people.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';
import { createEndpoint } from '../support/webhooks.ts';

const test = await startTestApp();
const { sql } = openRows(test.url);
const [ENDPOINTS, EACH] = [10, 300];

// They are deliveries of events that never were.
afterAll(() => sql`truncate webhook_deliveries`);

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
