import { and, desc, eq, inArray, lte, or, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import type { ClaimStatus, ReleaseReason } from '#schemas/coupon-claims.ts';
import type { Db } from '../client.ts';
import { prepared } from '../prepared.ts';
import { couponClaims } from '../schema/coupon-claims.ts';
import { promotionCodes } from '../schema/coupons.ts';
import { beforePosition, type PageRequest } from './paging.ts';

export type ClaimRow = typeof couponClaims.$inferSelect;
type Key = { tenantId: string; claimId: string };
const isClaim = ({ tenantId, claimId }: Key) => and(eq(couponClaims.tenantId, tenantId), eq(couponClaims.id, claimId));

const GIVEN = [
  'tenantId',
  'id',
  'couponId',
  'userId',
  'promotionCodeId',
  'code',
  'status',
  'claimedAt',
  'paymentId',
  'subscriptionId',
  'subtotal',
  'discount',
  'currency',
  'uses',
  'budgets',
] as const;

const insertion = prepared((db) => {
  const values = Object.fromEntries(GIVEN.map((name) => [name, sql.placeholder(name)]));
  // A date that may be absent has no encoder of its own.
  const expiresAt = sql`${sql.placeholder('expiresAt')}::timestamptz`;
  return db
    .insert(couponClaims)
    .values({ ...(values as unknown as ClaimRow), expiresAt })
    .onConflictDoNothing()
    .returning({ id: couponClaims.id })
    .prepare('insert_coupon_claim');
});

/** False when the person has a claim of the coupon open: of two at once, one makes it. */
export async function insertClaim(db: Db, { expiresAt, ...claim }: ClaimRow): Promise<boolean> {
  const rows = await insertion(db).execute({ ...claim, expiresAt: expiresAt?.toISOString() ?? null });
  return rows.length === 1;
}

export async function findClaim(db: Db, key: Key): Promise<ClaimRow | undefined> {
  return (await db.select().from(couponClaims).where(isClaim(key)))[0];
}

/** By what its holder shows at the till. */
export async function findClaimByCode(
  db: Db,
  { tenantId, code }: { tenantId: string; code: string },
): Promise<ClaimRow | undefined> {
  const rows = await db
    .select()
    .from(couponClaims)
    .where(and(eq(couponClaims.tenantId, tenantId), eq(couponClaims.code, code)));
  return rows[0];
}

/** Held until the transaction ends, in the order in which their coupons are counted. */
export function listClaimsForUpdate(
  db: Db,
  { tenantId, claimIds }: { tenantId: string; claimIds: readonly string[] },
): Promise<ClaimRow[]> {
  return db
    .select()
    .from(couponClaims)
    .where(and(eq(couponClaims.tenantId, tenantId), inArray(couponClaims.id, [...claimIds])))
    .orderBy(couponClaims.couponId, couponClaims.id)
    .for('update');
}

export type ClaimChange = Partial<
  Pick<
    ClaimRow,
    | 'status'
    | 'paymentId'
    | 'subscriptionId'
    | 'subtotal'
    | 'discount'
    | 'currency'
    | 'redeemedAt'
    | 'redeemedOn'
    | 'redeemedBy'
    | 'uses'
    | 'budgets'
  >
>;

/** Moves a claim on if it still is where it was, and has not run out. */
export async function updateOpenClaim(
  db: Db,
  { change, now, ...key }: Key & { change: ClaimChange; now: Date },
): Promise<ClaimRow | undefined> {
  const rows = await db
    .update(couponClaims)
    .set(change)
    .where(
      and(
        isClaim(key),
        eq(couponClaims.status, sql.raw("'claimed'")),
        sql`${couponClaims.expiresAt} > ${now.toISOString()}::timestamptz`,
      ),
    )
    .returning();
  return rows[0];
}

/** The caller holds the row. */
export async function updateClaim(db: Db, { change, ...key }: Key & { change: ClaimChange }): Promise<ClaimRow> {
  const [row] = await db.update(couponClaims).set(change).where(isClaim(key)).returning();
  if (!row) throw new Error('a claim is gone');
  return row;
}

type Ending = {
  tenantId: string;
  claimIds: readonly string[];
  status: Extract<ClaimStatus, 'released' | 'expired'>;
  reason: ReleaseReason;
  now: Date;
};

/** The caller holds the rows. */
export function endClaims(db: Db, { tenantId, claimIds, status, reason, now }: Ending): Promise<ClaimRow[]> {
  return db
    .update(couponClaims)
    .set({ status, releaseReason: reason, releasedAt: now })
    .where(and(eq(couponClaims.tenantId, tenantId), inArray(couponClaims.id, [...claimIds])))
    .returning();
}

const isOverdue = (now: Date) => and(eq(couponClaims.status, sql.raw("'claimed'")), lte(couponClaims.expiresAt, now));

/** The brands and coupons with claims that have run out, on coupon_claims_overdue_idx: for a job, in any brand. */
export async function listOverdueCoupons(
  db: Db,
  { now, limit }: { now: Date; limit: number },
): Promise<{ tenantId: string; couponId: string }[]> {
  const first = db
    .select({ tenantId: couponClaims.tenantId, couponId: couponClaims.couponId })
    .from(couponClaims)
    .where(isOverdue(now))
    .orderBy(couponClaims.expiresAt)
    .limit(limit)
    .as('first');
  return db.selectDistinct().from(first);
}

type OfCoupon = { tenantId: string; couponId: string; userId?: string | null; now: Date; limit: number };

/**
 * The first claims of a coupon that have run out, and one person's in any case, held until the transaction ends; on
 * coupon_claims_overdue_of_coupon_idx.
 */
export async function listOverdueClaimsForUpdate(
  db: Db,
  { tenantId, couponId, userId = null, now, limit }: OfCoupon,
): Promise<ClaimRow[]> {
  const { id, expiresAt } = couponClaims;
  const isOne = and(eq(couponClaims.tenantId, tenantId), eq(couponClaims.couponId, couponId), isOverdue(now));
  const first = db.select({ id }).from(couponClaims).where(isOne).orderBy(expiresAt, id).limit(limit);
  const own = userId === null ? undefined : eq(couponClaims.userId, userId);
  return db
    .select()
    .from(couponClaims)
    .where(and(isOne, or(inArray(id, first), own)))
    .orderBy(expiresAt, id)
    .for('update');
}

type Named = { tenantId: string; codeKeys: readonly string[]; claimIds: readonly string[]; now: Date };

/** Which of the coupons that people name by codes or claims have claims that have run out. */
export async function listOverdueNamed(db: Db, { tenantId, codeKeys, claimIds, now }: Named): Promise<string[]> {
  const byCode = db
    .select({ couponId: promotionCodes.couponId })
    .from(promotionCodes)
    .where(and(eq(promotionCodes.tenantId, tenantId), inArray(promotionCodes.codeKey, [...codeKeys])));
  const named = alias(couponClaims, 'named');
  const byClaim = db
    .select({ couponId: named.couponId })
    .from(named)
    .where(and(eq(named.tenantId, tenantId), inArray(named.id, [...claimIds])));
  const rows = await db
    .selectDistinct({ couponId: couponClaims.couponId })
    .from(couponClaims)
    .where(
      and(eq(couponClaims.tenantId, tenantId), inArray(couponClaims.couponId, byCode.union(byClaim)), isOverdue(now)),
    )
    .orderBy(couponClaims.couponId);
  return rows.map(({ couponId }) => couponId);
}

/** The uses that a payment has, on coupon_claims_payment_key. */
export function listClaimsOfPaymentForUpdate(
  db: Db,
  { tenantId, paymentId }: { tenantId: string; paymentId: string },
): Promise<ClaimRow[]> {
  return db
    .select()
    .from(couponClaims)
    .where(and(eq(couponClaims.tenantId, tenantId), eq(couponClaims.paymentId, paymentId)))
    .orderBy(couponClaims.couponId)
    .for('update');
}

type OfSubscription = { tenantId: string; subscriptionId: string };

/** The use that a subscription has, on coupon_claims_subscription_key. */
export async function findClaimOfSubscription(
  db: Db,
  { tenantId, subscriptionId }: OfSubscription,
): Promise<ClaimRow | undefined> {
  const rows = await db
    .select()
    .from(couponClaims)
    .where(and(eq(couponClaims.tenantId, tenantId), eq(couponClaims.subscriptionId, subscriptionId)));
  return rows[0];
}

type OfUser = { userId: string; tenantId?: string | undefined; page: PageRequest };

/** A person's claims in all brands, newest first, on coupon_claims_of_user_idx. */
export function listClaimsOfUser(db: Db, { userId, tenantId, page }: OfUser): Promise<ClaimRow[]> {
  return db
    .select()
    .from(couponClaims)
    .where(
      and(
        eq(couponClaims.userId, userId),
        tenantId === undefined ? undefined : eq(couponClaims.tenantId, tenantId),
        beforePosition(couponClaims.claimedAt, couponClaims.id, page),
      ),
    )
    .orderBy(desc(couponClaims.claimedAt), desc(couponClaims.id))
    .limit(page.rows);
}

type OfTenant = {
  tenantId: string;
  couponId?: string | undefined;
  userId?: string | undefined;
  status?: ClaimStatus | undefined;
  page: PageRequest;
};

/** A brand's claims, newest first, on coupon_claims_list_idx, or on that of the coupon or person. */
export function listClaims(db: Db, { tenantId, couponId, userId, status, page }: OfTenant): Promise<ClaimRow[]> {
  return db
    .select()
    .from(couponClaims)
    .where(
      and(
        eq(couponClaims.tenantId, tenantId),
        couponId === undefined ? undefined : eq(couponClaims.couponId, couponId),
        userId === undefined ? undefined : eq(couponClaims.userId, userId),
        status === undefined ? undefined : eq(couponClaims.status, status),
        beforePosition(couponClaims.claimedAt, couponClaims.id, page),
      ),
    )
    .orderBy(desc(couponClaims.claimedAt), desc(couponClaims.id))
    .limit(page.rows);
}
