import { and, eq, isNull, lte, sql } from 'drizzle-orm';
import type { StripeCouponTerms } from '#schemas/subscriptions.ts';
import type { Db } from '../client.ts';
import { stripeCoupons } from '../schema/stripe-coupons.ts';
import { subscriptions } from '../schema/subscriptions.ts';

export type StripeCouponRow = typeof stripeCoupons.$inferSelect;
type Key = { tenantId: string; id: string };
const isOne = ({ tenantId, id }: Key) => and(eq(stripeCoupons.tenantId, tenantId), eq(stripeCoupons.id, id));

// The platform's own account is '' in the table: null would be no key.
type Made = {
  tenantId: string;
  id: string;
  couponId: string;
  account: string | null;
  basis: string;
  terms: StripeCouponTerms;
  termsKey: string;
  now: Date;
};

/** The row of these terms: whoever asks first writes it, before anything is made at the processor. */
export async function keepStripeCoupon(db: Db, { account, now, ...made }: Made): Promise<StripeCouponRow> {
  const { tenantId, couponId, basis, termsKey } = made;
  const row = { ...made, account: account ?? '', active: true, checkAt: now, createdAt: now };
  await db.insert(stripeCoupons).values(row).onConflictDoNothing();
  const [kept] = await db
    .select()
    .from(stripeCoupons)
    .where(
      and(
        eq(stripeCoupons.tenantId, tenantId),
        eq(stripeCoupons.couponId, couponId),
        eq(stripeCoupons.account, row.account),
        eq(stripeCoupons.basis, basis),
        eq(stripeCoupons.termsKey, termsKey),
      ),
    );
  if (!kept) throw new Error('insert returned no row');
  return kept;
}

export async function findStripeCoupon(db: Db, key: Key): Promise<StripeCouponRow | undefined> {
  return (await db.select().from(stripeCoupons).where(isOne(key)))[0];
}

/** Written once, by whichever call made them at the processor first. */
export async function setCardCoupon(
  db: Db,
  { cardCouponId, promotionId, ...key }: Key & { cardCouponId: string; promotionId: string },
): Promise<void> {
  await db
    .update(stripeCoupons)
    .set({ cardCouponId, promotionId })
    .where(and(isOne(key), isNull(stripeCoupons.cardCouponId)));
}

/** What the processor was told last, and when a job should look again. */
export async function setPromotionState(
  db: Db,
  { active, checkAt, ...key }: Key & { active: boolean; checkAt: Date | null },
): Promise<void> {
  await db.update(stripeCoupons).set({ active, checkAt }).where(isOne(key));
}

export function listStripeCoupons(
  db: Db,
  { tenantId, couponId }: { tenantId: string; couponId: string },
): Promise<StripeCouponRow[]> {
  return db
    .select()
    .from(stripeCoupons)
    .where(and(eq(stripeCoupons.tenantId, tenantId), eq(stripeCoupons.couponId, couponId)))
    .orderBy(stripeCoupons.id);
}

/** What a job should look at, over all brands, on stripe_coupons_check_idx. Taken: the next look is put off. */
export async function takeDueStripeCoupons(
  db: Db,
  { now, until, limit }: { now: Date; until: Date; limit: number },
): Promise<{ tenantId: string; couponId: string }[]> {
  const due = sql`(select ${stripeCoupons.tenantId}, ${stripeCoupons.id} from ${stripeCoupons}
    where ${lte(stripeCoupons.checkAt, now)} order by ${stripeCoupons.checkAt} limit ${limit} for update skip locked)`;
  return db
    .update(stripeCoupons)
    .set({ checkAt: until })
    .where(sql`(${stripeCoupons.tenantId}, ${stripeCoupons.id}) in ${due}`)
    .returning({ tenantId: stripeCoupons.tenantId, couponId: stripeCoupons.couponId });
}

type OfSubscription = { tenantId: string; subscriptionId: string; stripeCouponId: string };

export async function setSubscriptionCoupon(
  db: Db,
  { tenantId, subscriptionId, stripeCouponId }: OfSubscription,
): Promise<void> {
  await db
    .update(subscriptions)
    .set({ stripeCouponId })
    .where(and(eq(subscriptions.tenantId, tenantId), eq(subscriptions.id, subscriptionId)));
}
