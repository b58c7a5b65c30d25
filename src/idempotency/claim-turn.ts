import { claimIdempotencyKey, insertIdempotentAnswer, releaseIdempotencyKey } from '#db/queries/idempotency.ts';
import type { Ctx } from '../context.ts';
import { AppError, IDEMPOTENCY_IN_PROGRESS } from '../lib/errors.ts';
import { LIFETIMES } from '../lib/limits.ts';
import { addSeconds } from '../lib/time.ts';
import { type Answer, type Asked, findAnswer } from './find-answer.ts';
import { isKept } from './rules.ts';
import type { Opened } from './run-once.ts';

/**
 * The turn of an operation that calls others between transactions of its own. The key is claimed for a while; a process that
 * dies leaves a claim that expires, and the next request under the key goes on with what the first has made (ctx.onceKey).
 */
export async function claimTurn(ctx: Pick<Ctx, 'db' | 'clock'>, asked: Asked): Promise<Opened> {
  const { db } = ctx;
  const now = ctx.clock.now();
  const expiresAt = addSeconds(now, LIFETIMES.idempotencyClaim);
  if (!(await claimIdempotencyKey(db, { ...asked, now, expiresAt }))) {
    const answer = await findAnswer(db, { ...asked, now });
    if (answer) return { answer };
    // It was given back at this very moment.
    throw new AppError(IDEMPOTENCY_IN_PROGRESS, { retryAfterSeconds: 1 });
  }
  const finish = async ({ statusCode, body }: Answer) => {
    if (!isKept(statusCode)) return releaseIdempotencyKey(db, asked.id);
    const until = addSeconds(now, LIFETIMES.idempotentAnswer);
    await insertIdempotentAnswer(db, { ...asked, statusCode, body, expiresAt: until });
  };
  // What it made is committed already. If its answer cannot be kept, a repetition makes the same one again.
  return { db, finish: (answer) => finish(answer).catch(() => {}) };
}
