import { and, eq, sql } from 'drizzle-orm';
import type { Db } from '../client.ts';
import { prepared } from '../prepared.ts';
import { tenantMembers } from '../schema/tenants.ts';
import { users } from '../schema/users.ts';

export type UserRow = typeof users.$inferSelect;

const byEmail = prepared((db) =>
  db
    .select()
    .from(users)
    .where(eq(users.email, sql.placeholder('email')))
    .prepare('find_user_by_email'),
);

export async function findUserByEmail(db: Db, email: string): Promise<UserRow | undefined> {
  return (await byEmail(db).execute({ email }))[0];
}

const byId = prepared((db) =>
  db
    .select()
    .from(users)
    .where(eq(users.id, sql.placeholder('id')))
    .prepare('find_user'),
);

export async function findUser(db: Db, id: string): Promise<UserRow | undefined> {
  return (await byId(db).execute({ id }))[0];
}

/** Keeps the row as it is until the transaction ends: for who decides on what it says. */
export async function findUserForShare(db: Db, id: string): Promise<UserRow | undefined> {
  return (await db.select().from(users).where(eq(users.id, id)).for('share'))[0];
}

export async function findUserForUpdate(db: Db, id: string): Promise<UserRow | undefined> {
  return (await db.select().from(users).where(eq(users.id, id)).for('update'))[0];
}

/** The unique index on the e-mail settles two registrations at once. */
export async function insertUser(db: Db, user: typeof users.$inferInsert): Promise<void> {
  await db.insert(users).values(user);
}

type Changeable = 'name' | 'timezone' | 'locale' | 'avatarKey' | 'passwordHash' | 'emailVerifiedAt' | 'platformRole';
export type UserChange = Partial<Pick<UserRow, Changeable>>;

/** With `fromHash` only while that is the password's hash: no row means that it was changed meanwhile. */
export async function updateUser(
  db: Db,
  { id, change, now, fromHash }: { id: string; change: UserChange; now: Date; fromHash?: string },
): Promise<UserRow | undefined> {
  const rows = await db
    .update(users)
    .set({ ...change, updatedAt: now })
    .where(and(eq(users.id, id), fromHash !== undefined ? eq(users.passwordHash, fromHash) : undefined))
    .returning();
  return rows[0];
}

const roles = prepared((db) =>
  db
    .select({ tenantId: tenantMembers.tenantId, role: tenantMembers.role })
    .from(tenantMembers)
    .where(eq(tenantMembers.userId, sql.placeholder('userId')))
    .orderBy(tenantMembers.joinedAt, tenantMembers.tenantId)
    .prepare('list_user_tenants'),
);

/** The tenants on whose team a person is: by user, across tenants, on the index over user_id. */
export function listUserTenants(db: Db, userId: string) {
  return roles(db).execute({ userId });
}
