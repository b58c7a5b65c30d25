import { and, desc, eq, getTableColumns, isNotNull, isNull, sql } from 'drizzle-orm';
import type { Db } from '../client.ts';
import { prepared } from '../prepared.ts';
import { couponClaims } from '../schema/coupon-claims.ts';
import { couponCounters, coupons, promotionCodes } from '../schema/coupons.ts';
import { afterPosition, beforePosition, type PageRequest, pageParameters } from './paging.ts';

type Key = { tenantId: string; couponId: string };
export type Terms = typeof coupons.$inferSelect;
export type Counters = Pick<
  typeof couponCounters.$inferSelect,
  'maxRedemptions' | 'claimed' | 'reserved' | 'redeemed' | 'codes'
>;
/** A coupon with its counters. */
export type CouponRow = Terms & Counters;

const { maxRedemptions, claimed, reserved, redeemed, codes } = couponCounters;
export const couponColumns = { ...getTableColumns(coupons), maxRedemptions, claimed, reserved, redeemed, codes };
export const ofCounters = and(eq(couponCounters.tenantId, coupons.tenantId), eq(couponCounters.couponId, coupons.id));
const isCoupon = ({ tenantId, couponId }: Key) => and(eq(coupons.tenantId, tenantId), eq(coupons.id, couponId));

export async function findCoupon(db: Db, key: Key): Promise<CouponRow | undefined> {
  const rows = await db.select(couponColumns).from(coupons).innerJoin(couponCounters, ofCounters).where(isCoupon(key));
  return rows[0];
}

/** One that is not archived, held with its counters: nobody claims it meanwhile. */
export async function findCouponForUpdate(db: Db, key: Key): Promise<CouponRow | undefined> {
  const rows = await db
    .select(couponColumns)
    .from(coupons)
    .innerJoin(couponCounters, ofCounters)
    .where(and(isCoupon(key), isNull(coupons.archivedAt)))
    .for('update');
  return rows[0];
}

/** Held against a change, and against its end. Its counters are not: who claims it goes on. */
export async function findCouponForShare(db: Db, key: Key): Promise<Terms | undefined> {
  return (await db.select().from(coupons).where(isCoupon(key)).for('share'))[0];
}

export type NewCoupon = Omit<Terms, 'version'> & { maxRedemptions: number | null };

export async function insertCoupon(db: Db, { maxRedemptions, ...terms }: NewCoupon): Promise<CouponRow> {
  const [row] = await db
    .insert(coupons)
    .values({ ...terms, version: 1 })
    .returning();
  const { tenantId, id: couponId } = terms;
  const [counters] = await db.insert(couponCounters).values({ tenantId, couponId, maxRedemptions }).returning();
  if (!row || !counters) throw new Error('insert returned no row');
  const { claimed, reserved, redeemed, codes } = counters;
  return { ...row, maxRedemptions, claimed, reserved, redeemed, codes };
}

/** Another coupon with the code gets a violation of promotion_codes_code_key. */
export async function insertPromotionCode(db: Db, code: typeof promotionCodes.$inferInsert): Promise<void> {
  await db.insert(promotionCodes).values(code);
}

export type CouponChange = Partial<Omit<Terms, 'tenantId' | 'id' | 'version' | 'createdAt' | 'updatedAt'>>;

export async function updateCoupon(
  db: Db,
  { change, now, ...key }: Key & { change: CouponChange; now: Date },
): Promise<Terms | undefined> {
  const rows = await db
    .update(coupons)
    .set({ ...change, version: sql`${coupons.version} + 1`, updatedAt: now })
    .where(isCoupon(key))
    .returning();
  return rows[0];
}

type Pausing = Key & { version: number; reason: string; rate: number; now: Date };

/** Once, and only while nobody has changed it since it was looked at. */
export async function pauseCoupon(db: Db, { version, reason, rate, now, ...key }: Pausing): Promise<Terms | undefined> {
  const rows = await db
    .update(coupons)
    .set({ pausedAt: now, pausedReason: reason, pausedRate: rate, version: version + 1, updatedAt: now })
    .where(
      and(
        isCoupon(key),
        eq(coupons.version, version),
        coupons.active,
        isNull(coupons.pausedAt),
        isNull(coupons.archivedAt),
      ),
    )
    .returning();
  return rows[0];
}

/** False when more than that is used already. */
export async function setMaxRedemptions(
  db: Db,
  { tenantId, couponId, maxRedemptions: most }: Key & { maxRedemptions: number | null },
): Promise<boolean> {
  const rows = await db
    .update(couponCounters)
    .set({ maxRedemptions: most })
    .where(
      and(
        eq(couponCounters.tenantId, tenantId),
        eq(couponCounters.couponId, couponId),
        most === null ? undefined : sql`${claimed} + ${reserved} + ${redeemed} <= ${most}`,
      ),
    )
    .returning({ couponId: couponCounters.couponId });
  return rows.length === 1;
}

/** Its own code is free for another coupon. */
export async function retireOwnCode(db: Db, { tenantId, couponId, now }: Key & { now: Date }): Promise<void> {
  await db
    .update(promotionCodes)
    .set({ retiredAt: now })
    .where(
      and(
        eq(promotionCodes.tenantId, tenantId),
        eq(promotionCodes.couponId, couponId),
        eq(promotionCodes.singleUse, false),
      ),
    );
}

/** Whether it was ever used, on coupon_claims_coupon_idx. */
export async function hasClaims(db: Db, { tenantId, couponId }: Key): Promise<boolean> {
  const rows = await db
    .select({ id: couponClaims.id })
    .from(couponClaims)
    .where(and(eq(couponClaims.tenantId, tenantId), eq(couponClaims.couponId, couponId)))
    .limit(1);
  return rows.length === 1;
}

/** With its counters and codes. */
export async function deleteCoupon(db: Db, key: Key): Promise<void> {
  await db.delete(coupons).where(isCoupon(key));
}

/** A brand's coupons, newest first, on coupons_list_idx. */
export function listCoupons(
  db: Db,
  { tenantId, archived, page }: { tenantId: string; archived: boolean; page: PageRequest },
): Promise<CouponRow[]> {
  return db
    .select(couponColumns)
    .from(coupons)
    .innerJoin(couponCounters, ofCounters)
    .where(
      and(
        eq(coupons.tenantId, tenantId),
        (archived ? isNotNull : isNull)(coupons.archivedAt),
        beforePosition(coupons.createdAt, coupons.id, page),
      ),
    )
    .orderBy(desc(coupons.createdAt), desc(coupons.id))
    .limit(page.rows);
}

/** What may be shown to everybody now, beside its dates. */
export const isListed = sql`${coupons.public} and ${coupons.active} and ${coupons.pausedAt} is null and ${coupons.archivedAt} is null`;
const runs = sql`(${coupons.startsAt} is null or ${coupons.startsAt} <= ${sql.placeholder('now')}::timestamptz)
  and (${coupons.endsAt} is null or ${coupons.endsAt} > ${sql.placeholder('now')}::timestamptz)`;

const listed = prepared((db) =>
  db
    .select()
    .from(coupons)
    .where(
      and(
        eq(coupons.tenantId, sql.placeholder('tenantId')),
        isListed,
        runs,
        afterPosition(coupons.createdAt, coupons.id),
      ),
    )
    .orderBy(coupons.createdAt, coupons.id)
    .limit(sql.placeholder('rows'))
    .prepare('list_public_coupons'),
);

/** The public coupons that run now, oldest first, on coupons_public_idx. */
export function listPublicCoupons(
  db: Db,
  { tenantId, page, now }: { tenantId: string; page: PageRequest; now: Date },
): Promise<Terms[]> {
  return listed(db).execute({ tenantId, now: now.toISOString(), ...pageParameters(page) });
}
