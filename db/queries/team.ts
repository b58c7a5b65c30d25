import { and, eq, gt, sql } from 'drizzle-orm';
import type { TenantRole } from '#schemas/team.ts';
import type { Db } from '../client.ts';
import { prepared } from '../prepared.ts';
import { tenantInvitations, tenantMembers } from '../schema/tenants.ts';
import { users } from '../schema/users.ts';
import { afterPosition, type PageRequest, pageParameters } from './paging.ts';

const memberColumns = {
  userId: tenantMembers.userId,
  email: users.email,
  name: users.name,
  role: tenantMembers.role,
  joinedAt: tenantMembers.joinedAt,
};

const members = prepared((db) =>
  db
    .select(memberColumns)
    .from(tenantMembers)
    .innerJoin(users, eq(users.id, tenantMembers.userId))
    .where(
      and(
        eq(tenantMembers.tenantId, sql.placeholder('tenantId')),
        afterPosition(tenantMembers.joinedAt, tenantMembers.userId),
      ),
    )
    .orderBy(tenantMembers.joinedAt, tenantMembers.userId)
    .limit(sql.placeholder('rows'))
    .prepare('list_team'),
);

export function listTeamMembers(db: Db, { tenantId, page }: { tenantId: string; page: PageRequest }) {
  return members(db).execute({ tenantId, ...pageParameters(page) });
}

export async function findTeamMember(db: Db, { tenantId, userId }: { tenantId: string; userId: string }) {
  const rows = await db
    .select(memberColumns)
    .from(tenantMembers)
    .innerJoin(users, eq(users.id, tenantMembers.userId))
    .where(and(eq(tenantMembers.tenantId, tenantId), eq(tenantMembers.userId, userId)));
  return rows[0];
}

export async function findTeamMemberByEmail(db: Db, { tenantId, email }: { tenantId: string; email: string }) {
  const rows = await db
    .select(memberColumns)
    .from(tenantMembers)
    .innerJoin(users, eq(users.id, tenantMembers.userId))
    .where(and(eq(tenantMembers.tenantId, tenantId), eq(users.email, email)));
  return rows[0];
}

export async function listOwnerIds(db: Db, tenantId: string): Promise<string[]> {
  const rows = await db
    .select({ userId: tenantMembers.userId })
    .from(tenantMembers)
    .where(and(eq(tenantMembers.tenantId, tenantId), eq(tenantMembers.role, 'owner')));
  return rows.map(({ userId }) => userId);
}

export async function countOwners(db: Db, tenantId: string): Promise<number> {
  return db.$count(tenantMembers, and(eq(tenantMembers.tenantId, tenantId), eq(tenantMembers.role, 'owner')));
}

/** False when the person is on the team already. */
export async function insertTeamMember(db: Db, member: typeof tenantMembers.$inferInsert): Promise<boolean> {
  const rows = await db
    .insert(tenantMembers)
    .values(member)
    .onConflictDoNothing()
    .returning({ userId: tenantMembers.userId });
  return rows.length === 1;
}

export async function updateTeamMember(
  db: Db,
  { tenantId, userId, role }: { tenantId: string; userId: string; role: TenantRole },
): Promise<void> {
  await db
    .update(tenantMembers)
    .set({ role })
    .where(and(eq(tenantMembers.tenantId, tenantId), eq(tenantMembers.userId, userId)));
}

export async function deleteTeamMember(
  db: Db,
  { tenantId, userId }: { tenantId: string; userId: string },
): Promise<void> {
  await db.delete(tenantMembers).where(and(eq(tenantMembers.tenantId, tenantId), eq(tenantMembers.userId, userId)));
}

export type InvitationRow = typeof tenantInvitations.$inferSelect;

/** A second invitation of the same address replaces the first: its old token stops working. */
export async function insertInvitation(db: Db, invitation: typeof tenantInvitations.$inferInsert): Promise<void> {
  const { tenantId: _tenantId, email: _email, ...replaced } = invitation;
  await db
    .insert(tenantInvitations)
    .values(invitation)
    .onConflictDoUpdate({ target: [tenantInvitations.tenantId, tenantInvitations.email], set: replaced });
}

const invitations = prepared((db) =>
  db
    .select()
    .from(tenantInvitations)
    .where(
      and(
        eq(tenantInvitations.tenantId, sql.placeholder('tenantId')),
        gt(tenantInvitations.expiresAt, sql.placeholder('now')),
        afterPosition(tenantInvitations.createdAt, tenantInvitations.id),
      ),
    )
    .orderBy(tenantInvitations.createdAt, tenantInvitations.id)
    .limit(sql.placeholder('rows'))
    .prepare('list_invitations'),
);

export function listInvitations(db: Db, { tenantId, now, page }: { tenantId: string; now: Date; page: PageRequest }) {
  return invitations(db).execute({ tenantId, now: now.toISOString(), ...pageParameters(page) });
}

/** The invitation of this very address; the caller compares the token. */
export async function findInvitation(db: Db, { tenantId, email }: { tenantId: string; email: string }) {
  const rows = await db
    .select()
    .from(tenantInvitations)
    .where(and(eq(tenantInvitations.tenantId, tenantId), eq(tenantInvitations.email, email)));
  return rows[0];
}

export async function findInvitationById(db: Db, { tenantId, id }: { tenantId: string; id: string }) {
  const rows = await db
    .select()
    .from(tenantInvitations)
    .where(and(eq(tenantInvitations.tenantId, tenantId), eq(tenantInvitations.id, id)));
  return rows[0];
}

/** Each mail brings a token of its own: the newest is the one that works. */
export async function updateInvitationToken(
  db: Db,
  { tenantId, id, tokenHash }: { tenantId: string; id: string; tokenHash: string },
): Promise<void> {
  await db
    .update(tenantInvitations)
    .set({ tokenHash })
    .where(and(eq(tenantInvitations.tenantId, tenantId), eq(tenantInvitations.id, id)));
}

/** The invitation as removed, or undefined when it was not there: of two accepts at once, one gets it. */
export async function deleteInvitation(
  db: Db,
  { tenantId, id }: { tenantId: string; id: string },
): Promise<InvitationRow | undefined> {
  const rows = await db
    .delete(tenantInvitations)
    .where(and(eq(tenantInvitations.tenantId, tenantId), eq(tenantInvitations.id, id)))
    .returning();
  return rows[0];
}
