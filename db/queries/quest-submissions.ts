import { and, desc, eq, sql } from 'drizzle-orm';
import type { SubmissionStatus } from '#schemas/quest-progress.ts';
import type { Db } from '../client.ts';
import { memberships } from '../schema/memberships.ts';
import { questSubmissions } from '../schema/quest-progress.ts';
import { beforePosition, type PageRequest } from './paging.ts';

export type SubmissionRow = typeof questSubmissions.$inferSelect;
type Key = { tenantId: string; questId: string; submissionId: string };

const isSubmission = ({ tenantId, questId, submissionId }: Key) =>
  and(
    eq(questSubmissions.tenantId, tenantId),
    eq(questSubmissions.id, submissionId),
    eq(questSubmissions.questId, questId),
  );

/** False when one of the member's waits already: of two at once one is taken. */
export async function insertSubmission(db: Db, row: SubmissionRow): Promise<boolean> {
  const rows = await db
    .insert(questSubmissions)
    .values(row)
    .onConflictDoNothing()
    .returning({ id: questSubmissions.id });
  return rows.length > 0;
}

export async function findSubmission(db: Db, key: Key): Promise<SubmissionRow | undefined> {
  return (await db.select().from(questSubmissions).where(isSubmission(key)))[0];
}

type Deciding = Key & {
  status: Exclude<SubmissionStatus, 'submitted'>;
  rejectionReason: string | null;
  decidedBy: string;
  now: Date;
};

/** Decides what waits, once: nothing for who comes second. */
export async function decideSubmission(
  db: Db,
  { status, rejectionReason, decidedBy, now, ...key }: Deciding,
): Promise<SubmissionRow | undefined> {
  const rows = await db
    .update(questSubmissions)
    .set({ status, rejectionReason, decidedBy, decidedAt: now })
    .where(and(isSubmission(key), eq(questSubmissions.status, sql.raw("'submitted'"))))
    .returning();
  return rows[0];
}

type Listing = {
  tenantId: string;
  questId: string;
  status?: SubmissionStatus | undefined;
  /** Only this person's. */
  userId?: string | undefined;
  page: PageRequest;
};

const membershipOf = (db: Db, { tenantId, userId }: { tenantId: string; userId: string }) =>
  db
    .select({ id: memberships.id })
    .from(memberships)
    .where(and(eq(memberships.tenantId, tenantId), eq(memberships.userId, userId)));

/** Newest first, on quest_submissions_list_idx, where the status thins out what it gives; a member's on that of members. */
export function listSubmissions(
  db: Db,
  { tenantId, questId, status, userId, page }: Listing,
): Promise<SubmissionRow[]> {
  return db
    .select()
    .from(questSubmissions)
    .where(
      and(
        eq(questSubmissions.tenantId, tenantId),
        eq(questSubmissions.questId, questId),
        status ? eq(questSubmissions.status, status) : undefined,
        userId ? eq(questSubmissions.membershipId, membershipOf(db, { tenantId, userId })) : undefined,
        beforePosition(questSubmissions.createdAt, questSubmissions.id, page),
      ),
    )
    .orderBy(desc(questSubmissions.createdAt), desc(questSubmissions.id))
    .limit(page.rows);
}
