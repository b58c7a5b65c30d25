import { and, eq, sql } from 'drizzle-orm';
import type { DisabledReason } from '#schemas/webhooks.ts';
import type { Db } from '../client.ts';
import { prepared } from '../prepared.ts';
import { webhookEndpoints } from '../schema/webhooks.ts';
import { afterPosition, type PageRequest, pageParameters } from './paging.ts';

export type WebhookEndpointRow = typeof webhookEndpoints.$inferSelect;
type Key = { tenantId: string; endpointId: string };

const isEndpoint = ({ tenantId, endpointId }: Key) =>
  and(eq(webhookEndpoints.tenantId, tenantId), eq(webhookEndpoints.id, endpointId));

// What is written from now on lies beyond.
const given = sql`coalesce(pg_sequence_last_value('events_position_seq'), 0)`;

export async function insertWebhookEndpoint(
  db: Db,
  endpoint: Omit<typeof webhookEndpoints.$inferInsert, 'fromPosition'>,
): Promise<WebhookEndpointRow> {
  const [row] = await db
    .insert(webhookEndpoints)
    .values({ ...endpoint, fromPosition: given as never })
    .returning();
  if (!row) throw new Error('insert returned no row');
  return row;
}

const list = prepared((db) =>
  db
    .select()
    .from(webhookEndpoints)
    .where(
      and(
        eq(webhookEndpoints.tenantId, sql.placeholder('tenantId')),
        afterPosition(webhookEndpoints.createdAt, webhookEndpoints.id),
      ),
    )
    .orderBy(webhookEndpoints.createdAt, webhookEndpoints.id)
    .limit(sql.placeholder('rows'))
    .prepare('list_webhook_endpoints'),
);

export function listWebhookEndpoints(
  db: Db,
  { tenantId, page }: { tenantId: string; page: PageRequest },
): Promise<WebhookEndpointRow[]> {
  return list(db).execute({ tenantId, ...pageParameters(page) });
}

export async function findWebhookEndpoint(db: Db, key: Key): Promise<WebhookEndpointRow | undefined> {
  return (await db.select().from(webhookEndpoints).where(isEndpoint(key)))[0];
}

/** Holds the endpoint's row until the transaction ends. */
export async function findWebhookEndpointForUpdate(db: Db, key: Key): Promise<WebhookEndpointRow | undefined> {
  return (await db.select().from(webhookEndpoints).where(isEndpoint(key)).for('update'))[0];
}

export function countWebhookEndpoints(db: Db, tenantId: string): Promise<number> {
  return db.$count(webhookEndpoints, eq(webhookEndpoints.tenantId, tenantId));
}

export type WebhookEndpointChange = Partial<Omit<WebhookEndpointRow, 'tenantId' | 'id' | 'createdAt' | 'fromPosition'>>;

/** Enabled, it is told of what happens from then on. */
export async function updateWebhookEndpoint(
  db: Db,
  { change, isEnabled = false, ...key }: Key & { change: WebhookEndpointChange; isEnabled?: boolean },
): Promise<WebhookEndpointRow | undefined> {
  const from = isEnabled ? { fromPosition: given as never } : {};
  const rows = await db
    .update(webhookEndpoints)
    .set({ ...change, ...from })
    .where(isEndpoint(key))
    .returning();
  return rows[0];
}

export async function deleteWebhookEndpoint(db: Db, key: Key): Promise<WebhookEndpointRow | undefined> {
  return (await db.delete(webhookEndpoints).where(isEndpoint(key)).returning())[0];
}

/** Undefined when it is not active any more: of two that give up at once, one tells. */
export async function disableWebhookEndpoint(
  db: Db,
  { reason, now, ...key }: Key & { reason: DisabledReason; now: Date },
): Promise<WebhookEndpointRow | undefined> {
  const rows = await db
    .update(webhookEndpoints)
    .set({ active: false, disabledAt: now, disabledReason: reason, updatedAt: now })
    .where(and(isEndpoint(key), eq(webhookEndpoints.active, true)))
    .returning();
  return rows[0];
}
