import { and, desc, eq } from 'drizzle-orm';
import type { Db } from '../client.ts';
import { auditEntries } from '../schema/audit.ts';
import { beforePosition, type PageRequest } from './paging.ts';

export type AuditRow = typeof auditEntries.$inferSelect;

export async function insertAuditEntry(db: Db, entry: AuditRow): Promise<void> {
  await db.insert(auditEntries).values(entry);
}

type Filter = { tenantId: string; action?: string | undefined; actorId?: string | undefined; page: PageRequest };

/** Newest first, on the index over (tenant_id, created_at, id), or on that of the filter. */
export function listAuditEntries(db: Db, { tenantId, action, actorId, page }: Filter): Promise<AuditRow[]> {
  return db
    .select()
    .from(auditEntries)
    .where(
      and(
        eq(auditEntries.tenantId, tenantId),
        action === undefined ? undefined : eq(auditEntries.action, action),
        actorId === undefined ? undefined : eq(auditEntries.actorId, actorId),
        beforePosition(auditEntries.createdAt, auditEntries.id, page),
      ),
    )
    .orderBy(desc(auditEntries.createdAt), desc(auditEntries.id))
    .limit(page.rows);
}
