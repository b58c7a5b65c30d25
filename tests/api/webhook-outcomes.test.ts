import { describe, expect, it } from 'vitest';
import { insertWebhookDelivery } from '#db/queries/webhook-deliveries.ts';
import { type DeliveryOutcome, saveOutcomes } from '#db/queries/webhook-queue.ts';
import { newId } from '#src/lib/ids.ts';
import { type Brand, createBrand } from '../support/people.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';
import { createEndpoint, deliveriesOf, type Endpoint } from '../support/webhooks.ts';

const test = await startTestApp();
const { sql } = openRows(test.url);

async function setUp(): Promise<{ brand: Brand; endpoint: Endpoint; deliveryId: string }> {
  const brand = await createBrand(test);
  const endpoint = await createEndpoint(test, brand, { url: 'https://hooks.example.com/' });
  const deliveryId = newId();
  const now = new Date();
  const event = { eventId: newId(), eventType: 'product.created', position: 1, status: 'pending' as const };
  const where = { tenantId: brand.tenantId, id: deliveryId, endpointId: endpoint.id };
  await insertWebhookDelivery(test.deps.db, { ...where, ...event, nextAttemptAt: now, createdAt: now });
  return { brand, endpoint, deliveryId };
}

function outcome({ brand, endpoint, deliveryId }: Awaited<ReturnType<typeof setUp>>, number: number, ok: boolean) {
  const at = new Date();
  const answer = { statusCode: ok ? 200 : 500, error: ok ? null : 'status', response: 'answer' };
  const next = ok ? { status: 'succeeded' as const, nextAttemptAt: null, finishedAt: at } : undefined;
  return {
    ...{ tenantId: brand.tenantId, endpointId: endpoint.id, deliveryId },
    ...(next ?? { status: 'pending' as const, nextAttemptAt: new Date(Date.now() + 5_000), finishedAt: null }),
    attempt: { number, at, durationMs: 5, ...answer },
  } satisfies DeliveryOutcome;
}

describe('what came of an attempt', () => {
  it('written twice, since nobody heard that the first time went well, is as written once', async () => {
    const set = await setUp();
    const failed = outcome(set, 1, false);
    for (let time = 0; time < 2; time += 1) await saveOutcomes(test.deps.db, [failed]);
    const [delivery] = await deliveriesOf(test, set.endpoint);
    expect(delivery.attempts).toHaveLength(1);
    const [row] = await sql`select attempts from webhook_deliveries where id = ${set.deliveryId}`;
    expect(row?.['attempts']).toBe(1);
  });

  it('is a success, whichever of two that sent it is heard first', async () => {
    for (const order of [
      [true, false],
      [false, true],
    ]) {
      const set = await setUp();
      for (const ok of order) await saveOutcomes(test.deps.db, [outcome(set, 1, ok)]);
      const [delivery] = await deliveriesOf(test, set.endpoint);
      expect(delivery).toMatchObject({ status: 'succeeded', nextAttemptAt: null, finishedAt: expect.any(String) });
    }
  });

  it('is not shown before what it makes of the delivery', async () => {
    const set = await setUp();
    await saveOutcomes(test.deps.db, [outcome(set, 1, false)]);
    // As if the second attempt were written between the two statements of the reader.
    await sql`insert into webhook_attempts (tenant_id, delivery_id, number, at, duration_ms)
      values (${set.brand.tenantId}, ${set.deliveryId}, 2, now(), 1)`;
    expect((await deliveriesOf(test, set.endpoint))[0].attempts).toHaveLength(1);
  });
});
