import type { Db } from '#db/client.ts';
import { findIdempotentAnswer } from '#db/queries/idempotency.ts';
import { AppError, IDEMPOTENCY_IN_PROGRESS, IDEMPOTENCY_KEY_REUSED } from '../lib/errors.ts';

export type Answer = { statusCode: number; body: string };
export type Asked = { id: string; requestHash: string };

/** What was answered to this key, if it was; refused while the first request runs, and for another request under it. */
export async function findAnswer(db: Db, { id, requestHash, now }: Asked & { now: Date }): Promise<Answer | undefined> {
  const known = await findIdempotentAnswer(db, id);
  if (!known || known.expiresAt <= now) return undefined;
  if (known.requestHash !== requestHash) throw new AppError(IDEMPOTENCY_KEY_REUSED);
  const { statusCode, body } = known;
  if (statusCode === null || body === null) throw new AppError(IDEMPOTENCY_IN_PROGRESS, { retryAfterSeconds: 1 });
  return { statusCode, body };
}
