import { and, asc, eq, isNull, type SQL, type SQLWrapper, sql } from 'drizzle-orm';
import type { SubmissionStatus } from '#schemas/quest-progress.ts';
import type { Db } from '../client.ts';
import { localDay, startOfDay } from '../local-days.ts';
import { prepared } from '../prepared.ts';
import { memberships } from '../schema/memberships.ts';
import { questMembers, questProgress, questSubmissions } from '../schema/quest-progress.ts';
import { questClaims, quests } from '../schema/quests.ts';
import { tenants } from '../schema/tenants.ts';
import { users } from '../schema/users.ts';
import { afterPosition, type PageRequest, pageParameters } from './paging.ts';

// Named once, and used in many places: each placeholder would be a parameter of its own.
const asked = sql`(select ${sql.placeholder('now')}::timestamptz as "now") as "asked"`;
const now = sql`"asked"."now"`;
/** The caller's, else the brand's. */
const timezone = sql<string>`coalesce(${users.timezone}, ${tenants.timezone})`;
const today = localDay(now, timezone);
/** The first day of the quest's period that today is in; weeks begin on Monday. */
const startsOn = sql`case ${quests.period} when 'day' then ${today}
  when 'week' then date_trunc('week', ${today}::timestamp)::date
  when 'month' then date_trunc('month', ${today}::timestamp)::date
  else case when ${quests.kind} = 'daily' then ${today} else date '1970-01-01' end end`;

/** The first day of the next period; tomorrow, without periods. */
const nextOn = sql`case ${quests.period} when 'week' then ${startsOn} + 7
  when 'month' then (${startsOn} + interval '1 month')::date else ${today} + 1 end`;

const ofMember = (table: { tenantId: SQLWrapper; questId: SQLWrapper; membershipId: SQLWrapper }) =>
  sql`${table.tenantId} = ${quests.tenantId} and ${table.questId} = ${quests.id} and ${table.membershipId} = ${memberships.id}`;

/** Of the quests that this one requires and that are there, those that the member has not completed: on the keys of what they completed.
 * `false = exists` is looked up for each; `not exists` would be joined, and read all claims of the brand. */
const missing = sql<
  string[]
>`(select coalesce(json_agg(r.id), '[]') from jsonb_array_elements_text(${quests.requires}) r(id)
  where exists (select from ${quests} q where q.tenant_id = ${quests.tenantId} and q.id = r.id::uuid and q.deleted_at is null)
    and false = exists (select from ${questClaims} where ${questClaims.tenantId} = ${quests.tenantId}
      and ${questClaims.questId} = r.id::uuid and ${questClaims.membershipId} = ${memberships.id}
      and ${questClaims.takenBackAt} is null)
    and not exists (select from ${questProgress} p where p.tenant_id = ${quests.tenantId} and p.quest_id = r.id::uuid
      and p.membership_id = ${memberships.id} and p.completed_at is not null))`;

/** The first period that is completed and not claimed. */
const unclaimed = sql<{ id: string; startsOn: string; timezone: string } | null>`(
  select json_build_object('id', u.id, 'startsOn', u.starts_on, 'timezone', u.timezone) from ${questProgress} u
  where u.tenant_id = ${quests.tenantId} and u.quest_id = ${quests.id} and u.membership_id = ${memberships.id}
    and u.completed_at is not null and u.claimed_at is null
  order by u.starts_on limit 1)`;

type LastSubmission = { id: string; status: SubmissionStatus; rejectionReason: string | null };
const submission = sql<LastSubmission | null>`case when ${quests.proof} is null then null else (
  select json_build_object('id', ${questSubmissions.id}, 'status', ${questSubmissions.status},
    'rejectionReason', ${questSubmissions.rejectionReason}) from ${questSubmissions}
  where ${ofMember(questSubmissions)} and ${questSubmissions.startsOn} = ${startsOn}
  order by ${questSubmissions.createdAt} desc limit 1) end`;

const columns = {
  quest: quests,
  membership: {
    id: memberships.id,
    userId: memberships.userId,
    tierId: memberships.tierId,
    status: memberships.status,
    endsAt: memberships.endsAt,
    points: memberships.points,
  },
  standing: {
    claims: questMembers.claims,
    streak: questMembers.streak,
    best: questMembers.best,
    freezes: questMembers.freezes,
    lastDay: questMembers.lastDay,
    lastAt: questMembers.lastAt,
    lastTimezone: questMembers.lastTimezone,
  },
  progress: {
    id: questProgress.id,
    count: questProgress.count,
    completedAt: questProgress.completedAt,
    claimedAt: questProgress.claimedAt,
  },
  missing,
  unclaimed,
  submission,
  timezone,
  day: sql<string>`${today}::text`,
  startsOn: sql<string>`(${startsOn})::text`,
  nextAt: sql<Date>`${startOfDay(sql`(${nextOn})`, timezone)}`.mapWith(quests.createdAt),
  afterLastAt: sql<Date | null>`${startOfDay(sql`(${questMembers.lastDay} + 1)`, timezone)}`.mapWith(quests.createdAt),
};

/** A quest with all that decides whether a person can claim it now. The database says which day it is for them. */
const select = (db: Db, where: SQL | undefined) =>
  db
    .select(columns)
    .from(asked)
    .innerJoin(quests, eq(quests.tenantId, sql.placeholder('tenantId')))
    .innerJoin(tenants, and(eq(tenants.id, quests.tenantId), sql`${tenants.status} <> 'suspended'`))
    .leftJoin(users, eq(users.id, sql`${sql.placeholder('userId')}::uuid`))
    .leftJoin(memberships, and(eq(memberships.tenantId, quests.tenantId), eq(memberships.userId, users.id)))
    .leftJoin(questMembers, ofMember(questMembers))
    .leftJoin(questProgress, and(ofMember(questProgress), eq(questProgress.startsOn, startsOn)))
    .where(and(isNull(quests.deletedAt), where));

const one = prepared((db) => select(db, eq(quests.id, sql.placeholder('questId'))).prepare('find_quest_state'));
const isBegun = sql`(${questMembers.questId} is not null or exists (select from ${questProgress} b
  where b.tenant_id = ${quests.tenantId} and b.quest_id = ${quests.id} and b.membership_id = ${memberships.id}))`;
const list = prepared((db) =>
  select(
    db,
    and(
      afterPosition(quests.createdAt, quests.id),
      sql`case ${sql.placeholder('which')} when 'all' then true when 'begun' then ${isBegun}
        else ${quests.active} and (${quests.endsAt} is null or ${quests.endsAt} > ${now}) end`,
    ),
  )
    .orderBy(asc(quests.createdAt), asc(quests.id))
    .limit(sql.placeholder('rows'))
    .prepare('list_quest_states'),
);

export type QuestState = Awaited<ReturnType<ReturnType<typeof one>['execute']>>[number];
type Asking = { tenantId: string; userId: string | null; now: Date };

export async function findQuestState(
  db: Db,
  { now: at, ...key }: Asking & { questId: string },
): Promise<QuestState | undefined> {
  const rows = await one(db).execute({ ...key, now: at.toISOString() });
  return rows[0];
}

type Listing = Asking & {
  /** Those that run, those that the person has begun, or all. */
  which: 'running' | 'begun' | 'all';
  page: PageRequest;
};

/** On quests_list_idx. */
export function listQuestStates(db: Db, { now: at, page, ...asking }: Listing): Promise<QuestState[]> {
  return list(db).execute({ ...asking, now: at.toISOString(), ...pageParameters(page) });
}
