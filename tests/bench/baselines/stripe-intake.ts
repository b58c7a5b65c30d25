import postgres from 'postgres';
import { eventOf, fillPayments, type OpenPayment } from '../payments.ts';

/** The bare work of P6: the statements of an event's effect, each in its transaction, by a loop over as many connections. */
const settings: { databaseUrl: string; poolSize: number; set: string; count: number } = JSON.parse(
  process.argv[2] ?? '{}',
);

const sql = postgres(settings.databaseUrl, { max: settings.poolSize, fetch_types: false });

async function apply(payment: OpenPayment): Promise<void> {
  const { tenantId, paymentId, userId, productId } = payment;
  const event = eventOf(payment);
  await sql.begin(async (tx) => {
    await tx`insert into stripe_events (event_id, id, type, livemode, payload, status, attempts, created_at, received_at,
      processed_at) values (${event.id}, uuidv7(), ${event.type}, false, ${tx.json(event)}, 'succeeded', 1, now(), now(), now())
      on conflict do nothing returning id`;
    const [row] = await tx`select * from payments where tenant_id = ${tenantId} and id = ${paymentId} for update`;
    await tx`update payments set status = 'succeeded', failure_code = null, succeeded_at = now(), closed_at = now(),
      check_at = null, version = version + 1, updated_at = now() where tenant_id = ${tenantId} and id = ${paymentId} returning *`;
    await tx`insert into owned_products (tenant_id, id, user_id, product_id, quantity, source, source_id, acquired_at)
      values (${tenantId}, uuidv7(), ${userId}, ${productId}, 1, 'payment', ${paymentId}, now())`;
    await tx`insert into effects (tenant_id, id, cause_type, cause_id, kind, target_id, user_id, quantity, given_at)
      values (${tenantId}, uuidv7(), 'payment', ${paymentId}, 'product', ${productId}, ${userId}, 1, now())`;
    await tx`insert into events (tenant_id, id, type, object_type, object_id, sequence, data, created_at)
      values (${tenantId}, uuidv7(), 'payment.succeeded', 'payment', ${paymentId}, (select coalesce(max(sequence), 0) + 1
      from events where tenant_id = ${tenantId} and object_type = 'payment' and object_id = ${paymentId}),
      ${tx.json({ ...row })}, now())`;
  });
}

async function applyAll(set: string, count: number): Promise<number> {
  const left = await fillPayments(settings.databaseUrl, { set, count });
  const startedAt = performance.now();
  const work = async () => {
    for (let payment = left.pop(); payment; payment = left.pop()) await apply(payment);
  };
  await Promise.all(Array.from({ length: settings.poolSize }, work));
  return (count * 1000) / (performance.now() - startedAt);
}

await applyAll(`${settings.set}warm`, Math.ceil(settings.count / 4));
const perSecond = await applyAll(settings.set, settings.count);
await sql.end();
process.stdout.write(JSON.stringify({ perSecond }));
