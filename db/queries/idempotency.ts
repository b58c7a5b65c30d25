import { eq, sql } from 'drizzle-orm';
import type { Db } from '../client.ts';
import { idempotentAnswers } from '../schema/idempotency.ts';

export type AnswerRow = typeof idempotentAnswers.$inferSelect;

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
