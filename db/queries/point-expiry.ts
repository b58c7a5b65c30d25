import { and, asc, eq, gt, inArray, lte, sql } from 'drizzle-orm';
import { textArray } from '../batched.ts';
import type { Db } from '../client.ts';
import { memberships } from '../schema/memberships.ts';
import { pointPolicies } from '../schema/points.ts';

type Key = { tenantId: string; membershipId: string };
type Several = { tenantId: string; membershipIds: readonly string[]; now: Date };

const credits = (now: Date) => sql`(
  select max("running") as "fresh", min("given_at") as "first_at",
    max("given_at") filter (where "running" >= ${memberships.points}) as "oldest_at",
    max(${memberships.points} - "running" + "given") filter (where "running" >= ${memberships.points}
      and "running" - "given" < ${memberships.points}) as "left"
  from (select "point_entries"."created_at" as "given_at", sum("point_entries"."amount") as "given",
      sum(sum("point_entries"."amount")) over (order by "point_entries"."created_at" desc) as "running"
    from "point_entries" where "point_entries"."tenant_id" = ${memberships.tenantId}
      and "point_entries"."membership_id" = ${memberships.id} and "point_entries"."amount" > 0
      and "point_entries"."created_at" > ${now.toISOString()}::timestamptz - ${pointPolicies.expiryDays} * interval '24 hours'
    group by "point_entries"."created_at") as "newer") as "credits"`;

const counted = (name: string) => sql<number | null>`${sql.identifier(name)}`.mapWith(Number);
const at = (name: string) => sql<Date | null>`${sql.identifier(name)}`.mapWith(memberships.createdAt);

/**
 * What decides which points of these members expire, and when. Those given are used oldest first, so that of a balance the
 * newest are left: `fresh` is the sum of those that are not too old, the oldest of them from `firstAt`; the oldest of which
 * something is left is from `oldestAt`.
 */
export function listExpiryStates(db: Db, { tenantId, membershipIds, now }: Several) {
  return db
    .select({
      membershipId: memberships.id,
      points: memberships.points,
      activeAt: sql<Date>`coalesce(${memberships.pointsActiveAt}, ${memberships.createdAt})`.mapWith(
        memberships.createdAt,
      ),
      mode: pointPolicies.expiryMode,
      days: pointPolicies.expiryDays,
      fresh: counted('fresh'),
      firstAt: at('first_at'),
      oldestAt: at('oldest_at'),
      left: counted('left'),
    })
    .from(memberships)
    .leftJoin(pointPolicies, eq(pointPolicies.tenantId, memberships.tenantId))
    .leftJoinLateral(credits(now), sql`${pointPolicies.expiryMode} = 'age'`)
    .where(and(eq(memberships.tenantId, tenantId), inArray(memberships.id, [...membershipIds])));
}

export type ExpiryState = Awaited<ReturnType<typeof listExpiryStates>>[number];

/** When to look at a member's points next, of a row that is held from now on. Undefined when somebody else holds it. */
export async function findExpiryForUpdate(
  db: Db,
  { tenantId, membershipId, skipLocked }: Key & { skipLocked: boolean },
): Promise<{ expireAt: Date | null } | undefined> {
  const rows = await db
    .select({ expireAt: memberships.pointsExpireAt })
    .from(memberships)
    .where(and(eq(memberships.tenantId, tenantId), eq(memberships.id, membershipId)))
    .for('update', skipLocked ? { skipLocked } : {});
  return rows[0];
}

/** Who may have points that expire, over all brands, on memberships_points_expiry_idx. */
export function listDueExpiries(db: Db, { now, limit }: { now: Date; limit: number }) {
  return db
    .select({ tenantId: memberships.tenantId, membershipId: memberships.id })
    .from(memberships)
    .where(lte(memberships.pointsExpireAt, now))
    .orderBy(memberships.pointsExpireAt)
    .limit(limit);
}

/** The next members of a brand who have points, held from now on, in the order of their ids. */
export async function listHoldersForUpdate(
  db: Db,
  { tenantId, afterId, limit }: { tenantId: string; afterId: string; limit: number },
): Promise<string[]> {
  const rows = await db
    .select({ id: memberships.id })
    .from(memberships)
    .where(and(eq(memberships.tenantId, tenantId), gt(memberships.id, afterId), gt(memberships.points, 0)))
    .orderBy(asc(memberships.id))
    .limit(limit)
    .for('update');
  return rows.map(({ id }) => id);
}

type Looks = { tenantId: string; looks: readonly { membershipId: string; at: Date | null }[] };

/** When to look at the points of each next. The caller holds the rows. */
export async function setExpireAt(db: Db, { tenantId, looks }: Looks): Promise<void> {
  const ids = textArray(looks.map(({ membershipId }) => membershipId));
  const instants = `{${looks.map((look) => (look.at ? `"${look.at.toISOString()}"` : 'null')).join(',')}}`;
  await db
    .update(memberships)
    .set({ pointsExpireAt: sql`"asked"."at"` })
    .from(sql`unnest(${ids}::uuid[], ${instants}::timestamptz[]) as "asked"("id", "at")`)
    .where(and(eq(memberships.tenantId, tenantId), sql`${memberships.id} = "asked"."id"`));
}
