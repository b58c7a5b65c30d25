import { and, asc, desc, eq, gte, inArray, lt, lte, sql } from 'drizzle-orm';
import type { EventType } from '#schemas/events.ts';
import type { DeliveryStatus } from '#schemas/webhooks.ts';
import type { Db } from '../client.ts';
import { events } from '../schema/events.ts';
import { webhookBatches, webhookDeliveries, webhookEndpoints } from '../schema/webhooks.ts';
import type { PageRequest } from './paging.ts';

export type WebhookDeliveryRow = typeof webhookDeliveries.$inferSelect;
type Endpoint = { tenantId: string; endpointId: string };

export async function insertWebhookDelivery(
  db: Db,
  delivery: typeof webhookDeliveries.$inferInsert,
): Promise<WebhookDeliveryRow> {
  const [row] = await db.insert(webhookDeliveries).values(delivery).returning();
  if (!row) throw new Error('insert returned no row');
  return row;
}

/** Of an endpoint that is still there. */
export async function findWebhookDelivery(
  db: Db,
  { tenantId, deliveryId }: { tenantId: string; deliveryId: string },
): Promise<WebhookDeliveryRow | undefined> {
  const isItsEndpoint = and(
    eq(webhookEndpoints.tenantId, webhookDeliveries.tenantId),
    eq(webhookEndpoints.id, webhookDeliveries.endpointId),
  );
  const rows = await db
    .select({ delivery: webhookDeliveries })
    .from(webhookDeliveries)
    .innerJoin(webhookEndpoints, isItsEndpoint)
    .where(and(eq(webhookDeliveries.tenantId, tenantId), eq(webhookDeliveries.id, deliveryId)));
  return rows[0]?.delivery;
}

type Filter = Endpoint & { status?: DeliveryStatus | undefined; page: PageRequest };

/** Newest first, on the key: ids rise with time. */
export function listWebhookDeliveries(
  db: Db,
  { tenantId, endpointId, status, page }: Filter,
): Promise<WebhookDeliveryRow[]> {
  return db
    .select()
    .from(webhookDeliveries)
    .where(
      and(
        eq(webhookDeliveries.tenantId, tenantId),
        eq(webhookDeliveries.endpointId, endpointId),
        status ? eq(webhookDeliveries.status, status) : undefined,
        lt(webhookDeliveries.id, page.afterId),
      ),
    )
    .orderBy(desc(webhookDeliveries.id))
    .limit(page.rows);
}

/** What an endpoint that is off, or gone, will not be told: at most `limit`, on webhook_deliveries_due_idx; says how many. */
export async function cancelWebhookDeliveries(
  db: Db,
  { tenantId, endpointId, now, limit }: Endpoint & { now: Date; limit: number },
): Promise<number> {
  const [row] = await db.execute<{ count: number }>(sql`
    with pending as (
      select d.tenant_id, d.endpoint_id, d.id from webhook_deliveries d
      where d.tenant_id = ${tenantId} and d.endpoint_id = ${endpointId} and d.status = 'pending'
        and not exists (select 1 from webhook_endpoints w where w.tenant_id = ${tenantId} and w.id = ${endpointId} and w.active)
      order by d.next_attempt_at limit ${limit} for update of d
    ), canceled as (
      update webhook_deliveries d set status = 'canceled', next_attempt_at = null, finished_at = ${now.toISOString()}::timestamptz
      from pending p where d.tenant_id = ${tenantId} and d.endpoint_id = p.endpoint_id and d.id = p.id
      returning 1
    )
    select count(*)::int as count from canceled`);
  return row?.count ?? 0;
}

type Recovery = Endpoint & {
  types: readonly EventType[];
  since: Date;
  /** Somewhat before `since`, whatever clock wrote the rows: where the ids of its events and deliveries begin. */
  fromId: string;
  upTo: number;
  now: Date;
  limit: number;
};

/**
 * Queues again what the endpoint was not told successfully, oldest first; says how many. It reads the brand's events and
 * the endpoint's deliveries of that time alone, on the keys of both, and each once: as a difference of sets, since of what
 * is new the planner expects few rows, and would look through the one for each of the other.
 */
export async function insertRecoveries(db: Db, input: Recovery): Promise<number> {
  const { tenantId, limit } = input;
  const missed = db
    .select(recovered(input))
    .from(events)
    .where(
      and(
        eq(events.tenantId, tenantId),
        sql`${events.id} = any(array(${heardOf(db, input)} except ${toldOf(db, input)} except ${takenOf(db, input)}))`,
      ),
    )
    .orderBy(asc(events.position))
    .limit(limit);
  const rows = await db
    .insert(webhookDeliveries)
    .select(missed as never)
    .returning({ id: webhookDeliveries.id });
  return rows.length;
}

/** The events of that time that the endpoint would hear of. */
function heardOf(db: Db, { tenantId, types, since, fromId, upTo }: Recovery) {
  return db
    .select({ id: events.id })
    .from(events)
    .where(
      and(
        eq(events.tenantId, tenantId),
        gte(events.id, fromId),
        inArray(events.type, [...types]),
        // In this form, since the planner would take it for one more reason to expect few rows beside the ids of that time.
        sql`${events.createdAt} + interval '0' >= ${since.toISOString()}::timestamptz`,
        lte(events.position, upTo),
      ),
    );
}

/** Those whose deliveries are done, or still tried. */
function toldOf(db: Db, { tenantId, endpointId, fromId }: Recovery) {
  return db
    .select({ eventId: webhookDeliveries.eventId })
    .from(webhookDeliveries)
    .where(
      and(
        eq(webhookDeliveries.tenantId, tenantId),
        eq(webhookDeliveries.endpointId, endpointId),
        gte(webhookDeliveries.id, fromId),
        inArray(webhookDeliveries.status, ['pending', 'succeeded']),
      ),
    );
}

/** Those that somebody is telling the endpoint now, for the first time. */
function takenOf(db: Db, { tenantId, endpointId }: Recovery) {
  return db
    .select({ eventId: sql`unnest(${webhookBatches.eventIds})` })
    .from(webhookBatches)
    .where(and(eq(webhookBatches.tenantId, tenantId), eq(webhookBatches.endpointId, endpointId)));
}

/** The row of a new delivery, from the event's. */
function recovered({ endpointId, now }: Pick<Recovery, 'endpointId' | 'now'>) {
  const at = sql`${now.toISOString()}::timestamptz`;
  return {
    tenantId: sql`${events.tenantId}`.as('tenant_id'),
    id: sql`uuidv7()`.as('id'),
    endpointId: sql`${endpointId}::uuid`.as('endpoint_id'),
    eventId: sql`${events.id}`.as('event_id'),
    eventType: sql`${events.type}`.as('event_type'),
    position: sql`${events.position}`.as('position'),
    status: sql`'pending'`.as('status'),
    attempts: sql`'[]'::jsonb`.as('attempts'),
    nextAttemptAt: at.as('next_attempt_at'),
    redeliveryOf: sql`null::uuid`.as('redelivery_of'),
    createdAt: at.as('created_at'),
    finishedAt: sql`null::timestamptz`.as('finished_at'),
  };
}
