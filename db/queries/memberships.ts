import { and, eq, getTableColumns, inArray, like, lte, or, sql } from 'drizzle-orm';
import type { MembershipStatus } from '#schemas/memberships.ts';
import { batched, textArray } from '../batched.ts';
import type { Db } from '../client.ts';
import { prepared } from '../prepared.ts';
import { memberships, tiers } from '../schema/memberships.ts';
import { tenants } from '../schema/tenants.ts';
import { users } from '../schema/users.ts';
import { afterPosition, type PageRequest, pageParameters } from './paging.ts';

export type MembershipRow = typeof memberships.$inferSelect;
type Key = { tenantId: string; membershipId: string };
type OfUser = { tenantId: string; userId: string };

const shown = {
  membership: getTableColumns(memberships),
  tier: getTableColumns(tiers),
  tenant: {
    id: tenants.id,
    name: tenants.name,
    subdomain: tenants.subdomain,
    logoUrl: tenants.logoUrl,
    status: tenants.status,
  },
};
const ofTier = and(eq(tiers.tenantId, memberships.tenantId), eq(tiers.id, memberships.tierId));

const ofUser = prepared((db) =>
  db
    .select(shown)
    .from(memberships)
    .innerJoin(tiers, ofTier)
    .innerJoin(tenants, eq(tenants.id, memberships.tenantId))
    .where(
      and(
        eq(memberships.userId, sql.placeholder('userId')),
        sql`${tenants.status} <> 'suspended'`,
        afterPosition(memberships.createdAt, memberships.id),
      ),
    )
    .orderBy(memberships.createdAt, memberships.id)
    .limit(sql.placeholder('rows'))
    .prepare('list_memberships_of_user'),
);

export type ShownMembership = Awaited<ReturnType<typeof listMembershipsOfUser>>[number];

/** A person's memberships in all brands, with tier and brand: by user, across tenants, on memberships_of_user_idx. */
export function listMembershipsOfUser(db: Db, { userId, page }: { userId: string; page: PageRequest }) {
  return ofUser(db).execute({ userId, ...pageParameters(page) });
}

// One row for each pair that was asked for, in quotes as the names of tables are.
const asked = sql`unnest(${sql.placeholder('tenantIds')}::uuid[], ${sql.placeholder('userIds')}::uuid[])
  as "asked"("tenant_id", "user_id")`;

// Looked up for each pair, whatever the planner thinks of the tables' sizes: that is what the limits are for.
const states = prepared((db) => {
  const membership = db
    .select()
    .from(memberships)
    .where(and(sql`${memberships.tenantId} = "asked"."tenant_id"`, sql`${memberships.userId} = "asked"."user_id"`))
    .limit(1)
    .as('membership');
  const tier = db
    .select()
    .from(tiers)
    .where(and(sql`${tiers.tenantId} = "asked"."tenant_id"`, eq(tiers.id, membership.tierId)))
    .limit(1)
    .as('tier');
  return db
    .select({
      membership: membership._.selectedFields,
      tier: tier._.selectedFields,
      tenant: shown.tenant,
      userId: sql<string>`"asked"."user_id"`,
    })
    .from(asked)
    .innerJoin(tenants, sql`${tenants.id} = "asked"."tenant_id"`)
    .leftJoinLateral(membership, sql`true`)
    .leftJoinLateral(tier, sql`true`)
    .prepare('list_membership_states');
});

const byPair = batched(
  (db, pairs) => {
    const [tenantIds, userIds] = [0, 1].map((part) => textArray(pairs.map((pair) => pair.split(' ')[part] ?? '')));
    return states(db).execute({ tenantIds, userIds });
  },
  ({ tenant, userId }) => `${tenant.id} ${userId}`,
);

/** A person's membership in one brand, also a suspended one; a row without one when they are no member. */
export function findMembershipAnywhere(db: Db, { tenantId, userId }: OfUser) {
  return byPair(db, `${tenantId} ${userId}`);
}

/** The same, of brands that are shown. */
export async function findMembershipState(db: Db, key: OfUser) {
  const state = await findMembershipAnywhere(db, key);
  return state?.tenant.status === 'suspended' ? undefined : state;
}

const isOfUser = ({ tenantId, userId }: OfUser) =>
  and(eq(memberships.tenantId, tenantId), eq(memberships.userId, userId));

export async function findMembershipById(db: Db, { tenantId, membershipId }: Key): Promise<MembershipRow | undefined> {
  const isIt = and(eq(memberships.tenantId, tenantId), eq(memberships.id, membershipId));
  return (await db.select().from(memberships).where(isIt))[0];
}

export async function findMembershipForUpdate(db: Db, key: OfUser): Promise<MembershipRow | undefined> {
  return (await db.select().from(memberships).where(isOfUser(key)).for('update'))[0];
}

/** The same, unless somebody holds it now. */
export async function findFreeMembershipForUpdate(db: Db, key: OfUser): Promise<MembershipRow | undefined> {
  return (await db.select().from(memberships).where(isOfUser(key)).for('update', { skipLocked: true }))[0];
}

/** False when the person has a row already: of two joins at once, one makes it. */
export async function insertMembership(db: Db, row: typeof memberships.$inferInsert): Promise<boolean> {
  const rows = await db.insert(memberships).values(row).onConflictDoNothing().returning({ id: memberships.id });
  return rows.length === 1;
}

export type MembershipChange = Partial<
  Pick<
    MembershipRow,
    | 'tierId'
    | 'status'
    | 'startedAt'
    | 'expiresAt'
    | 'endsAt'
    | 'cancelAtPeriodEnd'
    | 'subscriptionId'
    | 'referralCode'
    | 'lentUntil'
    | 'lentFromTierId'
    | 'pointsTierId'
    | 'tierFallsAt'
    | 'hidesName'
  >
>;

/** Another tier than the lent one ends the loan. */
const withoutLoan = (change: MembershipChange): MembershipChange =>
  change.tierId === undefined ? change : { lentUntil: null, lentFromTierId: null, ...change };

/** Holds only from one of the statuses given: no row means that it moved meanwhile. */
export async function updateMembership(
  db: Db,
  {
    tenantId,
    membershipId,
    from,
    change,
    now,
  }: Key & {
    from: readonly MembershipStatus[];
    change: MembershipChange;
    now: Date;
  },
): Promise<MembershipRow | undefined> {
  const rows = await db
    .update(memberships)
    .set({ ...withoutLoan(change), updatedAt: now })
    .where(
      and(eq(memberships.tenantId, tenantId), eq(memberships.id, membershipId), inArray(memberships.status, [...from])),
    )
    .returning();
  return rows[0];
}

/** As the processor tells it, which may be any status from any other. The caller holds the row. */
export async function setMembershipRow(
  db: Db,
  { tenantId, membershipId, change, now }: Key & { change: MembershipChange; now: Date },
): Promise<void> {
  await db
    .update(memberships)
    .set({ ...withoutLoan(change), updatedAt: now })
    .where(and(eq(memberships.tenantId, tenantId), eq(memberships.id, membershipId)));
}

/** Memberships whose time is over and that nobody has ended yet: on memberships_expiry_idx, over all brands. */
export function listExpiredMemberships(db: Db, { now, limit }: { now: Date; limit: number }) {
  return db
    .select({ tenantId: memberships.tenantId, userId: memberships.userId })
    .from(memberships)
    .where(and(sql`${memberships.status} in ('trialing', 'active', 'past_due')`, lte(memberships.endsAt, now)))
    .orderBy(memberships.endsAt)
    .limit(limit);
}

/** Memberships with a lent tier whose time is over: on memberships_lent_idx, over all brands. */
export function listEndedLoans(db: Db, { now, limit }: { now: Date; limit: number }) {
  return db
    .select({ tenantId: memberships.tenantId, userId: memberships.userId })
    .from(memberships)
    .where(lte(memberships.lentUntil, now))
    .orderBy(memberships.lentUntil)
    .limit(limit);
}

/** The status of the instant: what has run out is expired, written down or not. */
function hasStatus(status: MembershipStatus, now: Date) {
  const isOver = sql`${memberships.status} in ('trialing', 'active', 'past_due') and ${memberships.endsAt} <= ${now.toISOString()}::timestamptz`;
  const isStored = eq(memberships.status, status);
  return status === 'expired' ? or(isStored, isOver) : and(isStored, sql`(${isOver}) is not true`);
}

type MembersFilter = {
  tenantId: string;
  prefix?: string | undefined;
  tierId?: string | undefined;
  status?: MembershipStatus | undefined;
  now: Date;
  page: PageRequest;
};

/** The members of a brand, on memberships_list_idx; the filters thin out what it gives. */
export function listMembers(db: Db, { tenantId, prefix, tierId, status, now, page }: MembersFilter) {
  const pattern = prefix && `${prefix.replace(/[\\%_]/g, '\\$&')}%`;
  return db
    .select({ membership: getTableColumns(memberships), name: users.name, email: users.email })
    .from(memberships)
    .innerJoin(users, eq(users.id, memberships.userId))
    .where(
      and(
        eq(memberships.tenantId, tenantId),
        tierId ? eq(memberships.tierId, tierId) : undefined,
        status ? hasStatus(status, now) : undefined,
        pattern ? or(like(users.email, pattern.toLowerCase()), sql`${users.name} ilike ${pattern}`) : undefined,
        sql`(${memberships.createdAt}, ${memberships.id}) > (${page.at.toISOString()}::timestamptz, ${page.afterId}::uuid)`,
      ),
    )
    .orderBy(memberships.createdAt, memberships.id)
    .limit(page.rows);
}
