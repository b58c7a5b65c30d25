import { and, desc, eq, isNotNull, isNull, ne, notInArray, sql } from 'drizzle-orm';
import type { EffectCause, EffectKind } from '#schemas/refunds.ts';
import { textArray } from '../batched.ts';
import type { Db } from '../client.ts';
import { prepared } from '../prepared.ts';
import { effects } from '../schema/effects.ts';

export type EffectRow = typeof effects.$inferSelect;
export type Cause = { tenantId: string; causeType: EffectCause; causeId: string };

const isOpen = ({ tenantId, causeType, causeId }: Cause) =>
  and(
    eq(effects.tenantId, tenantId),
    eq(effects.causeType, causeType),
    eq(effects.causeId, causeId),
    isNull(effects.takenBackAt),
  );

const insertion = prepared((db) =>
  db
    .insert(effects)
    .select(
      sql`select ${sql.placeholder('tenantId')}::uuid, "given"."id", ${sql.placeholder('causeType')},
        ${sql.placeholder('causeId')}::uuid, ${sql.placeholder('kind')}, "given"."target_id",
        ${sql.placeholder('userId')}::uuid, "given"."quantity", ${sql.placeholder('givenAt')}::timestamptz, null, null
        from unnest(${sql.placeholder('ids')}::uuid[], ${sql.placeholder('targetIds')}::uuid[],
          ${sql.placeholder('quantities')}::bigint[]) as "given"("id", "target_id", "quantity")`,
    )
    // What was taken back may be given again, such as by money that a reorganisation took and brought back.
    .onConflictDoUpdate({
      target: [effects.tenantId, effects.causeType, effects.causeId, effects.kind, effects.targetId],
      set: {
        quantity: sql`excluded.quantity`,
        givenAt: sql`excluded.given_at`,
        takenBackAt: sql`null`,
        takenBackBy: sql`null`,
      },
      setWhere: isNotNull(effects.takenBackAt),
    })
    .returning({ id: effects.id })
    .prepare('insert_effects'),
);

export type NewEffects = Cause & {
  kind: EffectKind;
  userId: string;
  givenAt: Date;
  given: readonly { id: string; targetId: string; quantity: number }[];
};

/** What a cause gives of one kind. */
export async function insertEffects(db: Db, { given, givenAt, ...cause }: NewEffects): Promise<void> {
  const rows = await insertion(db).execute({
    ...cause,
    givenAt: givenAt.toISOString(),
    ids: textArray(given.map(({ id }) => id)),
    targetIds: textArray(given.map(({ targetId }) => targetId)),
    quantities: textArray(given.map(({ quantity }) => String(quantity))),
  });
  if (rows.length !== given.length) throw new Error('a cause gives the same twice');
}

/** What a cause has given that nobody has taken back, on effects_cause_key. */
export function listEffects(db: Db, cause: Cause): Promise<EffectRow[]> {
  return db.select().from(effects).where(isOpen(cause)).orderBy(effects.id);
}

/** The stock that a cause held and gave back, on effects_cause_key. */
export function listReturnedStock(db: Db, { tenantId, causeType, causeId }: Cause): Promise<EffectRow[]> {
  return db
    .select()
    .from(effects)
    .where(
      and(
        eq(effects.tenantId, tenantId),
        eq(effects.causeType, causeType),
        eq(effects.causeId, causeId),
        eq(effects.kind, 'stock'),
        isNotNull(effects.takenBackAt),
      ),
    );
}

/** Marks them as taken back, once: of two callers one gets them. */
export function markEffectsTakenBack(
  db: Db,
  { by, except, now, ...cause }: Cause & { by: string; except?: readonly EffectKind[] | undefined; now: Date },
): Promise<EffectRow[]> {
  return db
    .update(effects)
    .set({ takenBackAt: now, takenBackBy: by })
    .where(and(isOpen(cause), except && notInArray(effects.kind, [...except])))
    .returning();
}

/** What earlier causes gave to the same target is over: on effects_target_idx. */
export async function endEarlierEffects(
  db: Db,
  {
    tenantId,
    kind,
    targetId,
    causeId,
    by,
    now,
  }: Pick<EffectRow, 'tenantId' | 'kind' | 'targetId' | 'causeId'> & { by: string; now: Date },
): Promise<void> {
  await db
    .update(effects)
    .set({ takenBackAt: now, takenBackBy: by })
    .where(
      and(
        eq(effects.tenantId, tenantId),
        eq(effects.kind, kind),
        eq(effects.targetId, targetId),
        ne(effects.causeId, causeId),
        isNull(effects.takenBackAt),
      ),
    );
}

/** The tier that a person has bought for good and not given back, on effects_membership_idx; the last one, if several. */
export async function findOwnedTier(
  db: Db,
  { tenantId, userId }: { tenantId: string; userId: string },
): Promise<string | undefined> {
  const rows = await db
    .select({ tierId: effects.targetId })
    .from(effects)
    .where(
      and(
        eq(effects.tenantId, tenantId),
        eq(effects.userId, userId),
        eq(effects.kind, sql.raw("'membership'")),
        isNull(effects.takenBackAt),
      ),
    )
    .orderBy(desc(effects.id))
    .limit(1);
  return rows[0]?.tierId;
}
