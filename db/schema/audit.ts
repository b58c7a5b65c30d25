import { index, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { auditActorTypes } from '#schemas/audit.ts';
import { choice, id, instant, oneOf } from './columns.ts';
import { tenants } from './tenants.ts';

/** Who changed what in a brand. Append-only: a trigger refuses changes and deletions. */
export const auditEntries = pgTable(
  'audit_entries',
  {
    tenantId: id()
      .notNull()
      .references(() => tenants.id),
    id: id().notNull(),
    actorType: choice(auditActorTypes).notNull(),
    actorId: id(),
    action: text().notNull(),
    targetType: text().notNull(),
    targetId: text().notNull(),
    before: jsonb().$type<Readonly<Record<string, unknown>>>(),
    after: jsonb().$type<Readonly<Record<string, unknown>>>(),
    requestId: text().notNull(),
    ipAddress: text(),
    createdAt: instant().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    index('audit_entries_list_idx').on(table.tenantId, table.createdAt, table.id),
    index('audit_entries_action_idx').on(table.tenantId, table.action, table.createdAt, table.id),
    index('audit_entries_actor_idx').on(table.tenantId, table.actorId, table.createdAt, table.id),
    oneOf('audit_entries_actor_type_check', table.actorType, auditActorTypes),
  ],
);
