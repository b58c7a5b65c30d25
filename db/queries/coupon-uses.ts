import { and, eq, inArray, isNull, sql } from 'drizzle-orm';
import type { TakenBudget, TakenUse } from '#schemas/coupon-claims.ts';
import { textArray } from '../batched.ts';
import type { Db } from '../client.ts';
import { prepared } from '../prepared.ts';
import { couponBudgetUses, couponUses, knownCards } from '../schema/coupon-claims.ts';
import { couponCounters, promotionCodes } from '../schema/coupons.ts';
import { isLive } from './coupon-codes.ts';

type Coupon = { tenantId: string; couponId: string };
type Move = { claimed?: number; reserved?: number; redeemed?: number };

const moved = prepared((db) => {
  const { claimed, reserved, redeemed, maxRedemptions } = couponCounters;
  const [byClaimed, byReserved, byRedeemed] = ['claimed', 'reserved', 'redeemed'].map(
    (name) => sql`${sql.placeholder(name)}::int`,
  );
  const sum = sql`${claimed} + ${reserved} + ${redeemed} + ${byClaimed} + ${byReserved} + ${byRedeemed}`;
  return db
    .update(couponCounters)
    .set({
      claimed: sql`${claimed} + ${byClaimed}`,
      reserved: sql`${reserved} + ${byReserved}`,
      redeemed: sql`${redeemed} + ${byRedeemed}`,
    })
    .where(
      and(
        eq(couponCounters.tenantId, sql.placeholder('tenantId')),
        eq(couponCounters.couponId, sql.placeholder('couponId')),
        sql`(${maxRedemptions} is null or ${sum} <= ${maxRedemptions})`,
      ),
    )
    .returning({ couponId: couponCounters.couponId })
    .prepare('move_coupon_counters');
});

/**
 * Takes, moves or gives back uses of a coupon by one conditional update: of N callers for L left exactly min(N, L) get one.
 * False when there are not as many left.
 */
export async function moveCounters(db: Db, { claimed = 0, reserved = 0, redeemed = 0, ...coupon }: Coupon & Move) {
  const rows = await moved(db).execute({ ...coupon, claimed, reserved, redeemed });
  return rows.length === 1;
}

/** Uses of one scope in one period, of everything that a person is known by. */
export type Uses = {
  tenantId: string;
  scopeId: string;
  identities: readonly string[];
  period: TakenUse['period'];
  start: Date;
  limit: number;
};

const taken = prepared((db) =>
  db
    .insert(couponUses)
    .select(
      sql`select ${sql.placeholder('tenantId')}::uuid, ${sql.placeholder('scopeId')}::uuid, "known"."identity",
        ${sql.placeholder('period')}, ${sql.placeholder('start')}::timestamptz, 1
        from unnest(${sql.placeholder('identities')}::text[]) as "known"("identity")`,
    )
    .onConflictDoUpdate({
      target: [couponUses.tenantId, couponUses.scopeId, couponUses.identity, couponUses.period, couponUses.periodStart],
      set: { used: sql`${couponUses.used} + 1` },
      setWhere: sql`${couponUses.used} < ${sql.placeholder('limit')}::int`,
    })
    .returning({ identity: couponUses.identity })
    .prepare('take_coupon_uses'),
);

/** False when the person, under any of their names, has used it as often as they may: the caller rolls back. */
export async function takeUses(db: Db, { identities, start, ...uses }: Uses): Promise<boolean> {
  // In one order, so that two who share a name wait for each other.
  const sorted = [...identities].sort();
  const rows = await taken(db).execute({ ...uses, start: start.toISOString(), identities: textArray(sorted) });
  return rows.length === sorted.length;
}

type Budget = Coupon & TakenBudget & { limit: number };

/** False when that would be more than the budget. */
export async function takeBudget(db: Db, { start, limit, amount, ...key }: Budget): Promise<boolean> {
  if (amount > limit) return false;
  const row = { ...key, periodStart: new Date(start), used: amount } as typeof couponBudgetUses.$inferInsert;
  const rows = await db
    .insert(couponBudgetUses)
    .values(row)
    .onConflictDoUpdate({
      target: [
        couponBudgetUses.tenantId,
        couponBudgetUses.couponId,
        couponBudgetUses.measure,
        couponBudgetUses.period,
        couponBudgetUses.periodStart,
        couponBudgetUses.currency,
      ],
      set: { used: sql`${couponBudgetUses.used} + ${amount}` },
      setWhere: sql`${couponBudgetUses.used} + ${amount} <= ${limit}`,
    })
    .returning({ used: couponBudgetUses.used });
  return rows.length === 1;
}

/** A code for one person is used up once, unless it was revoked. */
export async function takeCode(
  db: Db,
  { tenantId, codeId, now }: { tenantId: string; codeId: string; now: Date },
): Promise<boolean> {
  const rows = await db
    .update(promotionCodes)
    .set({ usedAt: now })
    .where(
      and(eq(promotionCodes.tenantId, tenantId), eq(promotionCodes.id, codeId), isNull(promotionCodes.usedAt), isLive),
    )
    .returning({ id: promotionCodes.id });
  return rows.length === 1;
}

export async function freeCodes(
  db: Db,
  { tenantId, codeIds }: { tenantId: string; codeIds: readonly string[] },
): Promise<void> {
  await db
    .update(promotionCodes)
    .set({ usedAt: null })
    .where(and(eq(promotionCodes.tenantId, tenantId), inArray(promotionCodes.id, [...codeIds])));
}

type Place = Pick<TakenUse, 'scopeId' | 'period'> & { identity?: string };

/** The order in which rows of uses are locked, wherever: by scope, period and name. That of the database's "C". */
export function byUse(a: Place, b: Place): number {
  return compare(a.scopeId, b.scopeId) || compare(a.period, b.period) || compare(a.identity ?? '', b.identity ?? '');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Counts one more use in each of these rows, whatever the limits: it has happened. */
export async function addUses(
  db: Db,
  { tenantId, uses }: { tenantId: string; uses: readonly TakenUse[] },
): Promise<void> {
  const sorted = [...uses].sort(byUse);
  const rows = sorted.map(({ start, ...use }) => ({ tenantId, ...use, periodStart: new Date(start), used: 1 }));
  await db
    .insert(couponUses)
    .values(rows)
    .onConflictDoUpdate({
      target: [couponUses.tenantId, couponUses.scopeId, couponUses.identity, couponUses.period, couponUses.periodStart],
      set: { used: sql`${couponUses.used} + 1` },
    });
}

/** A card that somebody has paid the brand with. */
export async function insertKnownCard(db: Db, card: typeof knownCards.$inferInsert): Promise<void> {
  await db.insert(knownCards).values(card).onConflictDoNothing();
}

/** Gives back to just those rows that were taken from. They are locked first: an update has no order of its own. */
export async function returnUses(
  db: Db,
  { tenantId, uses }: { tenantId: string; uses: readonly (TakenUse & { times: number })[] },
): Promise<void> {
  const { scopeId, identity, period, periodStart } = couponUses;
  const column = (name: keyof TakenUse | 'times') => textArray(uses.map((use) => String(use[name])));
  const back = sql`unnest(${column('scopeId')}::uuid[], ${column('identity')}::text[], ${column('period')}::text[],
    ${column('start')}::timestamptz[], ${column('times')}::int[])
    as "back"("scope_id", "identity", "period", "start", "times")`;
  const isTaken = and(
    eq(couponUses.tenantId, tenantId),
    sql`(${scopeId}, ${identity}, ${period}, ${periodStart})
      = ("back"."scope_id", "back"."identity", "back"."period", "back"."start")`,
  );
  const inOrder = [scopeId, sql`${period} collate "C"`, sql`${identity} collate "C"`, periodStart];
  await db
    .select({ scopeId })
    .from(couponUses)
    .innerJoin(back, isTaken)
    .orderBy(...inOrder)
    .for('update', { of: couponUses });
  await db
    .update(couponUses)
    .set({ used: sql`${couponUses.used} - "back"."times"` })
    .from(back)
    .where(isTaken);
}

/** As uses are given back. */
export async function returnBudgets(
  db: Db,
  { tenantId, budgets }: { tenantId: string; budgets: readonly (TakenBudget & { couponId: string })[] },
): Promise<void> {
  const { couponId, measure, period, periodStart, currency } = couponBudgetUses;
  const column = (name: keyof TakenBudget | 'couponId') => textArray(budgets.map((budget) => String(budget[name])));
  const back = sql`unnest(${column('couponId')}::uuid[], ${column('measure')}::text[], ${column('period')}::text[],
    ${column('start')}::timestamptz[], ${column('currency')}::text[], ${column('amount')}::bigint[])
    as "back"("coupon_id", "measure", "period", "start", "currency", "amount")`;
  const isTaken = and(
    eq(couponBudgetUses.tenantId, tenantId),
    sql`(${couponId}, ${measure}, ${period}, ${periodStart}, ${currency})
      = ("back"."coupon_id", "back"."measure", "back"."period", "back"."start", "back"."currency")`,
  );
  await db
    .select({ couponId })
    .from(couponBudgetUses)
    .innerJoin(back, isTaken)
    .orderBy(couponId, measure, period, currency, periodStart)
    .for('update', { of: couponBudgetUses });
  await db
    .update(couponBudgetUses)
    .set({ used: sql`${couponBudgetUses.used} - "back"."amount"` })
    .from(back)
    .where(isTaken);
}
