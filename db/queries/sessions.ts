import { and, eq, gt, isNull, ne, sql } from 'drizzle-orm';
import type { TenantRole } from '#schemas/team.ts';
import { batched, isAnyOf, textArray } from '../batched.ts';
import type { Db } from '../client.ts';
import { prepared } from '../prepared.ts';
import { tenantMembers, tenants } from '../schema/tenants.ts';
import { sessions, users } from '../schema/users.ts';
import { afterPosition, type PageRequest, pageParameters } from './paging.ts';

export type SessionRow = typeof sessions.$inferSelect;

const isLive = and(
  eq(sessions.id, sql.placeholder('sessionId')),
  isNull(sessions.revokedAt),
  gt(sessions.expiresAt, sql.placeholder('now')),
);
const principalColumns = {
  userId: sessions.userId,
  platformRole: users.platformRole,
  tenantId: tenants.id,
  tenantRole: tenantMembers.role,
  tenantStatus: tenants.status,
};

const bySessions = prepared((db) =>
  db
    .select({
      sessionId: sessions.id,
      userId: sessions.userId,
      platformRole: users.platformRole,
      expiresAt: sessions.expiresAt,
    })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(and(isAnyOf(sessions.id, 'sessionIds', 'uuid'), isNull(sessions.revokedAt)))
    .prepare('list_session_users'),
);

/** The one read of authentication where no role is asked for: the user of a session that was not ended. */
export const findSessionUser = batched(
  (db, sessionIds) => bySessions(db).execute({ sessionIds: textArray(sessionIds) }),
  ({ sessionId }) => sessionId,
);

const principal = prepared((db) =>
  db
    .select(principalColumns)
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .leftJoin(tenants, eq(tenants.id, sql`${sql.placeholder('tenantId')}::uuid`))
    .leftJoin(tenantMembers, and(eq(tenantMembers.tenantId, tenants.id), eq(tenantMembers.userId, sessions.userId)))
    .where(isLive)
    .prepare('find_principal'),
);

/** The same with the user's role in the tenant named. */
export async function findPrincipal(db: Db, input: { sessionId: string; tenantId: string | null; now: Date }) {
  return (await principal(db).execute({ ...input, now: input.now.toISOString() }))[0];
}

// Across tenants, by user, on the index over user_id.
const principalInTeams = prepared((db) =>
  db
    .select(principalColumns)
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .leftJoin(tenantMembers, eq(tenantMembers.userId, sessions.userId))
    .leftJoin(tenants, eq(tenants.id, tenantMembers.tenantId))
    .where(isLive)
    .orderBy(sql`${tenantMembers.role} = any(${sql.placeholder('roles')}::text[]) desc`)
    .limit(2)
    .prepare('find_principal_in_teams'),
);

/** The same where no tenant is named: a row for each team of the user, at most two, those with one of the roles first. */
export function listPrincipalTeams(db: Db, input: { sessionId: string; roles: readonly TenantRole[]; now: Date }) {
  const { sessionId, roles, now } = input;
  return principalInTeams(db).execute({ sessionId, roles: `{${roles.join(',')}}`, now: now.toISOString() });
}

const insertion = prepared((db) =>
  db
    .insert(sessions)
    .values({
      id: sql.placeholder('id'),
      userId: sql.placeholder('userId'),
      userAgent: sql.placeholder('userAgent'),
      ipAddress: sql.placeholder('ipAddress'),
      createdAt: sql.placeholder('now'),
      lastUsedAt: sql.placeholder('now'),
      expiresAt: sql.placeholder('expiresAt'),
    })
    .prepare('insert_session'),
);

export type NewSession = {
  id: string;
  userId: string;
  userAgent: string | null;
  ipAddress: string;
  now: Date;
  expiresAt: Date;
};

export async function insertSession(db: Db, session: NewSession): Promise<void> {
  await insertion(db).execute(session);
}

export async function updateSessionUse(db: Db, { id, now }: { id: string; now: Date }): Promise<void> {
  await db.update(sessions).set({ lastUsedAt: now }).where(eq(sessions.id, id));
}

/** Whether the account has signed in from this address: on the indexes over e-mail and user_id. */
export async function hasSessionFrom(
  db: Db,
  { email, ipAddress }: { email: string; ipAddress: string },
): Promise<boolean> {
  const rows = await db
    .select({ id: sessions.id })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(and(eq(users.email, email), eq(sessions.ipAddress, ipAddress)))
    .limit(1);
  return rows.length === 1;
}

// On sessions_user_id_idx (user_id, created_at).
const live = prepared((db) =>
  db
    .select()
    .from(sessions)
    .where(
      and(
        eq(sessions.userId, sql.placeholder('userId')),
        isNull(sessions.revokedAt),
        gt(sessions.expiresAt, sql.placeholder('now')),
        afterPosition(sessions.createdAt, sessions.id),
      ),
    )
    .orderBy(sessions.createdAt, sessions.id)
    .limit(sql.placeholder('rows'))
    .prepare('list_sessions'),
);

export function listSessions(
  db: Db,
  { userId, now, page }: { userId: string; now: Date; page: PageRequest },
): Promise<SessionRow[]> {
  return live(db).execute({ userId, now: now.toISOString(), ...pageParameters(page) });
}

/** Ends one live session of the user, or with `exceptId` all the others, or all; says how many. */
export async function updateSessionsRevoked(
  db: Db,
  { userId, id, exceptId, now }: { userId: string; id?: string; exceptId?: string; now: Date },
): Promise<number> {
  const rows = await db
    .update(sessions)
    .set({ revokedAt: now })
    .where(
      and(
        eq(sessions.userId, userId),
        isNull(sessions.revokedAt),
        gt(sessions.expiresAt, now),
        id ? eq(sessions.id, id) : undefined,
        exceptId ? ne(sessions.id, exceptId) : undefined,
      ),
    )
    .returning({ id: sessions.id });
  return rows.length;
}
