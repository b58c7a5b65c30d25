import { sql } from 'drizzle-orm';
import {
  type AnyPgColumn,
  boolean,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import { plans } from '#schemas/plans.ts';
import type { StoreAddress } from '#schemas/stores.ts';
import { tenantRoles } from '#schemas/team.ts';
import { tenantStatuses } from '#schemas/tenants.ts';
import { choice, id, instant, oneOf } from './columns.ts';
import { users } from './users.ts';

/** A brand. `defaultStoreId` makes "exactly one default store" true by construction. */
export const tenants = pgTable(
  'tenants',
  {
    id: id().primaryKey(),
    name: text().notNull(),
    subdomain: text().notNull(),
    customDomain: text(),
    description: text(),
    logoUrl: text(),
    /** The file that logoUrl shows, if it is one of ours. */
    logoKey: text(),
    theme: jsonb().$type<Record<string, unknown>>().notNull(),
    locale: text().notNull(),
    currency: text().notNull(),
    timezone: text().notNull(),
    public: boolean().notNull(),
    status: choice(tenantStatuses).notNull(),
    plan: choice(plans).notNull().default('free'),
    defaultStoreId: id(),
    /** The connected account that gets the brand's card payments; the platform's own without one. */
    stripeAccountId: text(),
    /** How long a membership keeps its benefits after a failed renewal. */
    graceDays: integer().notNull().default(7),
    version: integer().notNull().default(1),
    createdAt: instant().notNull(),
    updatedAt: instant().notNull(),
  },
  (table) => [
    uniqueIndex('tenants_subdomain_key').on(table.subdomain),
    uniqueIndex('tenants_custom_domain_key').on(table.customDomain),
    uniqueIndex('tenants_stripe_account_key').on(table.stripeAccountId),
    index('tenants_directory_idx')
      .on(table.createdAt, table.id)
      .where(sql`${table.public} and ${table.status} = 'active'`),
    oneOf('tenants_status_check', table.status, tenantStatuses),
    oneOf('tenants_plan_check', table.plan, plans),
    foreignKey({
      name: 'tenants_default_store_fk',
      columns: [table.id, table.defaultStoreId],
      foreignColumns: [stores.tenantId as AnyPgColumn, stores.id as AnyPgColumn],
    }),
  ],
);

export const stores = pgTable(
  'stores',
  {
    tenantId: id()
      .notNull()
      .references((): AnyPgColumn => tenants.id),
    id: id().notNull(),
    name: text().notNull(),
    slug: text().notNull(),
    currency: text().notNull(),
    timezone: text().notNull(),
    country: text(),
    address: jsonb().$type<StoreAddress>(),
    active: boolean().notNull(),
    createdAt: instant().notNull(),
    updatedAt: instant().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    uniqueIndex('stores_slug_key').on(table.tenantId, table.slug),
    index('stores_list_idx').on(table.tenantId, table.createdAt, table.id),
  ],
);

export const tenantMembers = pgTable(
  'tenant_members',
  {
    tenantId: id()
      .notNull()
      .references(() => tenants.id),
    userId: id()
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    role: choice(tenantRoles).notNull(),
    joinedAt: instant().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.userId] }),
    index('tenant_members_user_id_idx').on(table.userId),
    oneOf('tenant_members_role_check', table.role, tenantRoles),
  ],
);

/** One open invitation per address and tenant; it goes when it is accepted, revoked or replaced. */
export const tenantInvitations = pgTable(
  'tenant_invitations',
  {
    tenantId: id()
      .notNull()
      .references(() => tenants.id),
    id: id().notNull(),
    email: text().notNull(),
    role: choice(tenantRoles).notNull(),
    tokenHash: text().notNull(),
    invitedBy: id().notNull(),
    createdAt: instant().notNull(),
    expiresAt: instant().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    uniqueIndex('tenant_invitations_email_key').on(table.tenantId, table.email),
    oneOf('tenant_invitations_role_check', table.role, tenantRoles),
  ],
);
