import { and, desc, eq, lte, type Placeholder, type SQL, sql } from 'drizzle-orm';
import type { Db } from '../client.ts';
import { memberships, tiers } from '../schema/memberships.ts';
import type { TierRow } from './tiers.ts';

/**
 * Whether the membership that "moved" is in another tier than its points ask for, or has a fall noted that they do not ask
 * for. On tiers_points_idx, which for most brands is empty.
 */
export function isTierUnsettled(tenantId: Placeholder): SQL<boolean> {
  const policy = (column: string) =>
    sql`(select ${sql.identifier(column)} from "point_policies" where "point_policies"."tenant_id" = ${tenantId})`;
  const measure = sql`case when ${policy('tier_basis')} = 'balance' then "moved"."points" else "moved"."points_earned" end`;
  const mine = (column: string) =>
    sql`(select ${sql.identifier(column)} from "tiers" where "tiers"."tenant_id" = ${tenantId} and "tiers"."id" = "moved"."tier_id")`;
  const isBelow = sql`${measure} < ${mine('points_threshold')}`;
  const rises = sql`exists (select 1 from "tiers" as "next" where "next"."tenant_id" = ${tenantId}
    and "next"."points_threshold" <= ${measure} and "next"."active" and "next"."price_amount" is null
    and "next"."rank" > ${mine('rank')}
    and (select 1 from "effects" where "effects"."tenant_id" = ${tenantId} and "effects"."user_id" = "moved"."user_id"
      and "effects"."kind" = 'membership' and "effects"."taken_back_at" is null limit 1) is null)`;
  const falls = sql`"moved"."points_tier_id" = "moved"."tier_id" and case ${policy('downgrade_mode')}
    when 'at_once' then ${isBelow} when 'after' then (${isBelow}) <> ("moved"."tier_falls_at" is not null) else false end`;
  return sql<boolean>`coalesce("moved"."status" in ('trialing', 'active', 'past_due') and "moved"."subscription_id" is null
    and "moved"."ends_at" is null and case when ${rises} then true else ${falls} end, false)`;
}

/** The best tier that so many points reach, on tiers_points_idx. */
export async function findTierOfPoints(
  db: Db,
  { tenantId, points }: { tenantId: string; points: number },
): Promise<TierRow | undefined> {
  const isReached = and(lte(tiers.pointsThreshold, points), tiers.active, sql`${tiers.priceAmount} is null`);
  const rows = await db
    .select()
    .from(tiers)
    .where(and(eq(tiers.tenantId, tenantId), isReached))
    .orderBy(desc(tiers.rank), desc(tiers.pointsThreshold), tiers.id)
    .limit(1);
  return rows[0];
}

type Move = {
  tenantId: string;
  membershipId: string;
  from: string;
  change: { tierId: string; pointsTierId: string | null; tierFallsAt: Date | null };
  now: Date;
};

/** Ends a loan. Holds only from the tier that it was decided for: of two movements of one transaction that decide the same, one does it. */
export async function moveTier(db: Db, { tenantId, membershipId, from, change, now }: Move): Promise<boolean> {
  const rows = await db
    .update(memberships)
    .set({ ...change, lentUntil: null, lentFromTierId: null, updatedAt: now })
    .where(and(eq(memberships.tenantId, tenantId), eq(memberships.id, membershipId), eq(memberships.tierId, from)))
    .returning({ id: memberships.id });
  return rows.length > 0;
}

/** Memberships whose tier is to fall, over all brands, on memberships_tier_fall_idx. */
export function listFallingTiers(db: Db, { now, limit }: { now: Date; limit: number }) {
  return db
    .select({ tenantId: memberships.tenantId, userId: memberships.userId })
    .from(memberships)
    .where(lte(memberships.tierFallsAt, now))
    .orderBy(memberships.tierFallsAt)
    .limit(limit);
}
