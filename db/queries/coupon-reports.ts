import { and, desc, eq, gt, isNotNull, isNull, lt, lte, type SQL, sql } from 'drizzle-orm';
import type { AnyPgColumn } from 'drizzle-orm/pg-core';
import { textArray } from '../batched.ts';
import type { Db } from '../client.ts';
import { couponClaims } from '../schema/coupon-claims.ts';
import { coupons } from '../schema/coupons.ts';
import { memberships } from '../schema/memberships.ts';
import { payments } from '../schema/payments.ts';
import { users } from '../schema/users.ts';

type Period = { tenantId: string; at: Date; afterId: string; to: Date; rows: number };

const isBought = sql`${payments.status} = 'succeeded' and ${payments.kind} <> 'subscription'
  and (${payments.refundedAmount} < ${payments.amount} or (${payments.amount} = 0 and ${payments.givenBackAt} is null))`;

/** What was bought and not given back, in order of time, with who bought it: one page, on payments_list_idx. */
export function listBought(db: Db, { tenantId, at, afterId, to, rows }: Period) {
  const { id, userId, createdAt, currency, subtotal, items } = payments;
  return db
    .select({
      ...{ id, userId, createdAt, currency, subtotal, items },
      email: users.email,
      membership: { status: memberships.status, endsAt: memberships.endsAt, tierId: memberships.tierId },
    })
    .from(payments)
    .leftJoin(users, eq(users.id, payments.userId))
    .leftJoin(memberships, and(eq(memberships.tenantId, payments.tenantId), eq(memberships.userId, payments.userId)))
    .where(
      and(
        eq(payments.tenantId, tenantId),
        sql`(${createdAt}, ${id}) > (${at.toISOString()}::timestamptz, ${afterId}::uuid)`,
        lt(createdAt, to),
        isBought,
      ),
    )
    .orderBy(createdAt, id)
    .limit(rows);
}

/** The first that each of these people has bought and kept, on payments_of_user_idx. */
export async function listFirstBought(
  db: Db,
  { tenantId, userIds }: { tenantId: string; userIds: readonly string[] },
): Promise<{ userId: string; paymentId: string }[]> {
  const first = db
    .select({ id: payments.id })
    .from(payments)
    .where(
      and(
        eq(payments.tenantId, tenantId),
        sql`${payments.userId} = "asked"."id"`,
        eq(payments.status, sql.raw("'succeeded'")),
        sql`(${payments.refundedAmount} < ${payments.amount} or (${payments.amount} = 0 and ${payments.givenBackAt} is null))`,
      ),
    )
    .orderBy(payments.createdAt, payments.id)
    .limit(1)
    .as('first');
  return db
    .select({ userId: sql<string>`"asked"."id"`, paymentId: first.id })
    .from(sql`unnest(${textArray(userIds)}::uuid[]) as "asked"("id")`)
    .crossJoinLateral(first);
}

/** Periods, numbered from 1 by their starts, within a range. */
type Series = { tenantId: string; couponId: string; from: Date; to: Date; starts: readonly Date[] };
type Moment = 'claimedAt' | 'redeemedAt' | 'releasedAt';

const bucketOf = (column: AnyPgColumn, starts: readonly Date[]) =>
  sql<number>`width_bucket(${column}, ${textArray(starts.map((start) => start.toISOString()))}::timestamptz[])`;
const isWithin = (column: AnyPgColumn, { from, to }: Pick<Series, 'from' | 'to'>) =>
  and(sql`${column} >= ${from.toISOString()}::timestamptz`, sql`${column} < ${to.toISOString()}::timestamptz`);
const isOfCoupon = ({ tenantId, couponId }: Pick<Series, 'tenantId' | 'couponId'>) =>
  and(eq(couponClaims.tenantId, tenantId), eq(couponClaims.couponId, couponId));

/** How many uses of a coupon were claimed, redeemed or given back in each period, on the index of that moment. */
export function countUses(db: Db, { moment, ...series }: Series & { moment: Moment }) {
  const column = couponClaims[moment];
  const bucket = bucketOf(column, series.starts);
  return db
    .select({ bucket: bucket.as('bucket'), count: sql<number>`count(*)::int` })
    .from(couponClaims)
    .where(and(isOfCoupon(series), isWithin(column, series)))
    .groupBy(sql`"bucket"`);
}

const sum = (value: SQL) => sql<number>`sum(${value})`.mapWith(Number);

/** What its redemptions that were not given back took off, and what was paid with them; at the till nobody is asked. */
export function sumRedemptions(db: Db, series: Series) {
  const { subtotal, discount, redeemedAt, currency } = couponClaims;
  const paid = sql`coalesce(${payments.amount} - ${payments.refundedAmount}, ${subtotal} - ${discount})`;
  return db
    .select({
      bucket: bucketOf(redeemedAt, series.starts).as('bucket'),
      currency: sql<string>`${currency}`,
      discount: sum(sql`${discount}`),
      revenue: sum(paid),
    })
    .from(couponClaims)
    .leftJoin(payments, and(eq(payments.tenantId, couponClaims.tenantId), eq(payments.id, couponClaims.paymentId)))
    .where(
      and(
        isOfCoupon(series),
        isWithin(redeemedAt, series),
        eq(couponClaims.status, sql.raw("'redeemed'")),
        isNotNull(currency),
        isNotNull(discount),
      ),
    )
    .groupBy(sql`"bucket"`, currency);
}

/** The same of what renewed with it, on coupon_claims_held_idx and payments_subscription_idx. */
export function sumRenewals(db: Db, series: Series) {
  const { succeededAt, currency, discount, amount, refundedAmount } = payments;
  return db
    .select({
      bucket: bucketOf(succeededAt, series.starts).as('bucket'),
      currency: sql<string>`${currency}`,
      discount: sum(sql`${discount}`),
      revenue: sum(sql`${amount} - ${refundedAmount}`),
    })
    .from(couponClaims)
    .innerJoin(
      payments,
      and(eq(payments.tenantId, couponClaims.tenantId), eq(payments.subscriptionId, couponClaims.subscriptionId)),
    )
    .where(
      and(
        isOfCoupon(series),
        isNotNull(couponClaims.subscriptionId),
        isNotNull(payments.coupons),
        sql`${payments.id} is distinct from ${couponClaims.paymentId}`,
        isWithin(succeededAt, series),
      ),
    )
    .groupBy(sql`"bucket"`, currency);
}

type Hour = { since: Date; now: Date; limit: number };

/** The coupons that were redeemed often of late, of any brand, on coupon_claims_recent_idx: for a job. */
export function listBusyCoupons(db: Db, { since, now, limit }: Hour) {
  const { tenantId, couponId, redeemedAt } = couponClaims;
  const recent = db
    .select({ tenantId, couponId, lastHour: sql<number>`count(*)::int`.as('last_hour') })
    .from(couponClaims)
    .where(and(gt(redeemedAt, since), lte(redeemedAt, now)))
    .groupBy(tenantId, couponId)
    .as('recent');
  return db
    .select({ tenantId: recent.tenantId, couponId: recent.couponId, lastHour: recent.lastHour })
    .from(recent)
    .innerJoin(coupons, and(eq(coupons.tenantId, recent.tenantId), eq(coupons.id, recent.couponId)))
    .where(
      and(
        coupons.active,
        isNull(coupons.pausedAt),
        isNull(coupons.archivedAt),
        sql`${recent.lastHour} >= (${coupons.autoPause} ->> 'minimum')::int`,
      ),
    )
    .orderBy(desc(recent.lastHour))
    .limit(limit);
}

/** On coupon_claims_redeemed_idx. */
export async function countRedemptions(
  db: Db,
  { from, to, ...coupon }: Pick<Series, 'tenantId' | 'couponId' | 'from' | 'to'>,
): Promise<number> {
  const { redeemedAt } = couponClaims;
  return db.$count(couponClaims, and(isOfCoupon(coupon), gt(redeemedAt, from), lte(redeemedAt, to)));
}
