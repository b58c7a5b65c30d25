import type { Db } from '#db/client.ts';
import { insertIdempotentAnswer, lockIdempotencyKey } from '#db/queries/idempotency.ts';
import type { Ctx } from '../context.ts';
import { AppError, IDEMPOTENCY_IN_PROGRESS } from '../lib/errors.ts';
import { LIFETIMES } from '../lib/limits.ts';
import { addSeconds } from '../lib/time.ts';
import { type Answer, findAnswer } from './find-answer.ts';
import { isKept } from './rules.ts';

/** The first answer, or a turn to make it: the work runs on `db`, and `finish` commits it together with its answer. */
export type Turn = { db: Db; finish: (answer: Answer) => Promise<void> };
export type Opened = { answer: Answer } | Turn;

class Undone extends Error {}

/**
 * Runs a request once for its key. Effect and answer are one transaction: a crash leaves both or neither. The key is a lock
 * of that transaction, so that a second caller in any process is told to wait, and a dead one holds nothing.
 */
export function runOnce(
  ctx: Pick<Ctx, 'db' | 'clock'>,
  { id, requestHash }: { id: string; requestHash: string },
): Promise<Opened> {
  const now = ctx.clock.now();
  const { promise: opened, resolve: open, reject: refuse } = Promise.withResolvers<Opened>();
  const { promise: answered, resolve: finish } = Promise.withResolvers<Answer>();

  const transaction = ctx.db.transaction(async (outer) => {
    const tx = outer as unknown as Db;
    if (!(await lockIdempotencyKey(tx, id))) throw new AppError(IDEMPOTENCY_IN_PROGRESS, { retryAfterSeconds: 1 });
    const answer = await findAnswer(tx, { id, requestHash, now });
    if (answer) return answer;
    const run = (db: Db) => {
      const settled = async (answer: Answer) => {
        finish(answer);
        await transaction.catch(ignoreUndone);
      };
      open({ db, finish: settled });
      return answered;
    };
    const made = await effectsOf(tx, run);
    const expiresAt = addSeconds(now, LIFETIMES.idempotentAnswer);
    await insertIdempotentAnswer(tx, { id, requestHash, ...made, expiresAt });
    return null;
  });
  // A replay is answered when the key is free again: who asks once more is not told to wait.
  transaction.then((answer) => answer && open({ answer }), refuse);
  return opened;
}

/** Keeps the effects of a success; those of a refusal go, and an answer that is not kept takes everything with it. */
async function effectsOf(tx: Db, run: (db: Db) => Promise<Answer>): Promise<Answer> {
  let answer = undefined as Answer | undefined;
  try {
    await tx.transaction(async (inner) => {
      answer = await run(inner as unknown as Db);
      if (answer.statusCode >= 400) throw new Undone();
    });
  } catch (error) {
    ignoreUndone(error);
  }
  if (!answer || !isKept(answer.statusCode)) throw new Undone();
  return answer;
}

function ignoreUndone(error: unknown): void {
  if (!(error instanceof Undone)) throw error;
}
