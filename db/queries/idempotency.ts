import { and, eq, isNull, lte, sql } from 'drizzle-orm';
import type { Db } from '../client.ts';
import { idempotentAnswers } from '../schema/idempotency.ts';

export type AnswerRow = typeof idempotentAnswers.$inferSelect;
type Claim = { id: string; requestHash: string; now: Date; expiresAt: Date };

/** Takes the key for the rest of the transaction; false while another transaction holds it, in any process. */
export async function lockIdempotencyKey(tx: Db, id: string): Promise<boolean> {
  const rows = await tx.execute(sql`select pg_try_advisory_xact_lock(hashtextextended(${id}, 0)) as locked`);
  return (rows as unknown as { locked: boolean }[])[0]?.locked === true;
}

export async function findIdempotentAnswer(db: Db, id: string): Promise<AnswerRow | undefined> {
  return (await db.select().from(idempotentAnswers).where(eq(idempotentAnswers.id, id)))[0];
}

/** An answer that has expired is replaced. */
export async function insertIdempotentAnswer(db: Db, answer: AnswerRow): Promise<void> {
  const { id: _id, ...replaced } = answer;
  await db.insert(idempotentAnswers).values(answer).onConflictDoUpdate({ target: idempotentAnswers.id, set: replaced });
}

/** Takes the key until the claim expires. False while it is taken, or answered: what has expired is taken over. */
export async function claimIdempotencyKey(db: Db, { now, ...claim }: Claim): Promise<boolean> {
  const rows = await db
    .insert(idempotentAnswers)
    .values(claim)
    .onConflictDoUpdate({
      target: idempotentAnswers.id,
      set: { ...claim, statusCode: null, body: null },
      setWhere: lte(idempotentAnswers.expiresAt, now),
    })
    .returning({ id: idempotentAnswers.id });
  return rows.length === 1;
}

/** Gives the key back. An answer stays. */
export async function releaseIdempotencyKey(db: Db, id: string): Promise<void> {
  await db.delete(idempotentAnswers).where(and(eq(idempotentAnswers.id, id), isNull(idempotentAnswers.statusCode)));
}
