import { and, eq, getTableColumns, type SQL, sql } from 'drizzle-orm';
import type { BudgetMeasure, CouponPeriod } from '#schemas/coupons.ts';
import { isAnyOf, textArray } from '../batched.ts';
import type { Db } from '../client.ts';
import { prepared } from '../prepared.ts';
import { couponBudgetUses, couponClaims, couponUses, knownCards } from '../schema/coupon-claims.ts';
import { couponCounters, coupons, promotionCodes } from '../schema/coupons.ts';
import { memberships } from '../schema/memberships.ts';
import { payments } from '../schema/payments.ts';
import { tenants } from '../schema/tenants.ts';
import { users } from '../schema/users.ts';
import type { ClaimRow } from './coupon-claims.ts';
import { isLive } from './coupon-codes.ts';
import { type CouponRow, couponColumns, isListed, ofCounters } from './coupons.ts';

type PromotionCode = typeof promotionCodes.$inferSelect;

/** Who is about to use a coupon, as far as the brand knows them. */
const shopper = prepared((db) => {
  const [tenantId, userId] = [sql.placeholder('tenantId'), sql.placeholder('userId')];
  const bought = db
    .select({ one: sql`1` })
    .from(payments)
    .where(
      and(
        eq(payments.tenantId, tenantId),
        eq(payments.userId, userId),
        eq(payments.status, sql.raw("'succeeded'")),
        sql`(${payments.refundedAmount} < ${payments.amount} or (${payments.amount} = 0 and ${payments.givenBackAt} is null))`,
      ),
    );
  const cards = db
    .select({ all: sql`coalesce(json_agg(${knownCards.fingerprint}), '[]'::json)` })
    .from(knownCards)
    .where(and(eq(knownCards.tenantId, tenantId), eq(knownCards.userId, userId)));
  return db
    .select({
      tenantId: tenants.id,
      timezone: tenants.timezone,
      currency: tenants.currency,
      userId: users.id,
      email: users.email,
      membership: { status: memberships.status, endsAt: memberships.endsAt, tierId: memberships.tierId },
      hasBought: sql<boolean>`exists ${bought}`,
      cards: sql<string[]>`(${cards})`,
    })
    .from(tenants)
    .leftJoin(users, eq(users.id, userId))
    .leftJoin(memberships, and(eq(memberships.tenantId, tenantId), eq(memberships.userId, userId)))
    .where(and(eq(tenants.id, tenantId), sql`${tenants.status} <> 'suspended'`))
    .prepare('find_shopper');
});

export type ShopperRow = NonNullable<Awaited<ReturnType<typeof findShopper>>>;

/** Nothing when there is no such brand, or it is suspended. Without a user just the brand. */
export async function findShopper(db: Db, { tenantId, userId }: { tenantId: string; userId: string | null }) {
  return (await shopper(db).execute({ tenantId, userId }))[0];
}

export type UsedRow = { scopeId: string; period: CouponPeriod; used: number };
export type BudgetUsedRow = { measure: BudgetMeasure; period: CouponPeriod; currency: string; used: number };
/** All that a decision about a coupon needs. */
export type CouponState = {
  coupon: CouponRow;
  /** The code that was asked for. */
  code: Pick<PromotionCode, 'id' | 'code' | 'codeKey' | 'singleUse' | 'usedAt'> | null;
  /** The person's claim that was asked for, else the one that they have open. */
  claim: ClaimRow | null;
  /** Claims of anybody that have run out, and are not written down yet. */
  overdue: number;
  uses: UsedRow[];
  budgets: BudgetUsedRow[];
};

const [tenantId, userId, now] = [sql.placeholder('tenantId'), sql.placeholder('userId'), sql.placeholder('now')];

// In the period that runs now: a list of them to join would be planned anew for each call.
const isNow = ({
  period,
  periodStart,
}: typeof couponUses | typeof couponBudgetUses) => sql`${periodStart} = case ${period}
  when 'hour' then ${sql.placeholder('hour')}::timestamptz when 'day' then ${sql.placeholder('day')}::timestamptz
  when 'week' then ${sql.placeholder('week')}::timestamptz when 'month' then ${sql.placeholder('month')}::timestamptz
  else ${sql.placeholder('all')}::timestamptz end`;

const openClaim = (couponId: SQL) => sql`(select ${couponClaims.id} from ${couponClaims}
  where ${couponClaims.tenantId} = ${tenantId} and ${couponClaims.couponId} = ${couponId}
  and ${couponClaims.userId} = ${userId} and ${couponClaims.status} = 'claimed')`;

/** Statements of one form for whatever way of naming coupons: rows of (coupon, promotion code, claim). */
function statesOf(db: Db, { name, asked, isHere }: { name: string; asked: SQL; isHere?: SQL }) {
  const overdue = sql<number>`(select count(*)::int from ${couponClaims} where ${couponClaims.tenantId} = ${tenantId}
    and ${couponClaims.couponId} = ${coupons.id} and ${couponClaims.status} = 'claimed'
    and ${couponClaims.expiresAt} <= ${now}::timestamptz)`;
  const uses = sql<UsedRow[]>`(select coalesce(json_agg(json_build_object('scopeId', ${couponUses.scopeId},
      'period', ${couponUses.period}, 'used', ${couponUses.used})), '[]'::json)
    from ${couponUses}
    where ${couponUses.tenantId} = ${tenantId} and ${couponUses.scopeId} = any(array[${coupons.id}, ${tenantId}::uuid])
      and ${isAnyOf(couponUses.identity, 'identities', 'text')} and ${isNow(couponUses)})`;
  const budgets = sql<
    BudgetUsedRow[]
  >`(select coalesce(json_agg(json_build_object('measure', ${couponBudgetUses.measure},
      'period', ${couponBudgetUses.period}, 'currency', ${couponBudgetUses.currency},
      'used', ${couponBudgetUses.used})), '[]'::json)
    from ${couponBudgetUses}
    where ${couponBudgetUses.tenantId} = ${tenantId} and ${couponBudgetUses.couponId} = ${coupons.id}
      and ${isNow(couponBudgetUses)})`;
  const { id, code, codeKey, singleUse, usedAt } = promotionCodes;
  return db
    .select({
      coupon: couponColumns,
      code: { id, code, codeKey, singleUse, usedAt },
      claim: getTableColumns(couponClaims),
      overdue,
      uses,
      budgets,
    })
    .from(sql`(${asked}) as "asked"("coupon_id", "code_id", "claim_id")`)
    .innerJoin(coupons, and(eq(coupons.tenantId, tenantId), sql`${coupons.id} = "asked"."coupon_id"`, isHere))
    .innerJoin(couponCounters, ofCounters)
    .leftJoin(promotionCodes, and(eq(promotionCodes.tenantId, tenantId), sql`${promotionCodes.id} = "asked"."code_id"`))
    .leftJoin(couponClaims, and(eq(couponClaims.tenantId, tenantId), sql`${couponClaims.id} = "asked"."claim_id"`))
    .prepare(name);
}

const one = prepared((db) => {
  const couponId = sql`${sql.placeholder('couponId')}::uuid`;
  return statesOf(db, {
    name: 'find_coupon_state',
    asked: sql`select ${couponId}, null::uuid, ${openClaim(couponId)}`,
  });
});

const named = prepared((db) =>
  statesOf(db, {
    name: 'list_coupon_states',
    asked: sql`select ${promotionCodes.couponId}, ${promotionCodes.id}, ${openClaim(sql`${promotionCodes.couponId}`)}
      from ${promotionCodes} where ${promotionCodes.tenantId} = ${tenantId}
        and ${isAnyOf(promotionCodes.codeKey, 'codeKeys', 'text')} and ${isLive}
      union all select ${couponClaims.couponId}, null, ${couponClaims.id} from ${couponClaims}
      where ${couponClaims.tenantId} = ${tenantId} and ${isAnyOf(couponClaims.id, 'claimIds', 'uuid')}
        and ${couponClaims.userId} = ${userId}`,
  }),
);

const offered = prepared((db) =>
  statesOf(db, {
    name: 'list_offered_coupon_states',
    asked: sql`(select ${coupons.id}, null::uuid, ${openClaim(sql`${coupons.id}`)} from ${coupons}
        where ${coupons.tenantId} = ${tenantId} and ${isListed} and (${coupons.endsAt} is null or ${coupons.endsAt} > ${now}::timestamptz)
        order by ${coupons.createdAt}, ${coupons.id} limit ${sql.placeholder('rows')})
      union select ${couponClaims.couponId}, null::uuid, ${couponClaims.id} from ${couponClaims}
      where ${couponClaims.tenantId} = ${tenantId} and ${couponClaims.userId} = ${userId}
        and ${couponClaims.status} = 'claimed' and ${couponClaims.expiresAt} > ${now}::timestamptz`,
  }),
);

/** Of whom, and in which periods of now. */
export type Asker = {
  tenantId: string;
  userId: string | null;
  identities: readonly string[];
  periods: readonly { period: CouponPeriod; start: Date }[];
  now: Date;
};

function parametersOf({ tenantId, userId, identities, periods, now }: Asker) {
  return {
    tenantId,
    userId,
    identities: textArray(identities),
    ...Object.fromEntries(periods.map(({ period, start }) => [period, start.toISOString()])),
    now: now.toISOString(),
  };
}

/** A coupon by its id. */
export async function findCouponState(
  db: Db,
  { couponId, ...asker }: Asker & { couponId: string },
): Promise<CouponState | undefined> {
  return (await one(db).execute({ ...parametersOf(asker), couponId }))[0];
}

type Names = { codeKeys?: readonly string[]; claimIds?: readonly string[] };

/** Coupons by what people type, or by claims that are theirs. */
export async function listCouponStates(
  db: Db,
  { codeKeys = [], claimIds = [], ...asker }: Asker & Names,
): Promise<CouponState[]> {
  const names = { codeKeys: textArray(codeKeys), claimIds: textArray(claimIds) };
  return named(db).execute({ ...parametersOf(asker), ...names });
}

/** The first public coupons of the brand, and all that the person has claimed. */
export async function listOfferedStates(db: Db, { rows, ...asker }: Asker & { rows: number }): Promise<CouponState[]> {
  return offered(db).execute({ ...parametersOf(asker), rows });
}
