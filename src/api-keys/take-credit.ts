import { findApiKeyCredits, takeApiKeyCredit } from '#db/queries/api-key-credits.ts';
import type { ApiKeyActor, Ctx } from '../context.ts';
import { AppError } from '../lib/errors.ts';
import { secondsUntil } from '../lib/time.ts';
import { KEY_CREDITS_EXHAUSTED } from './errors.ts';
import { nextRefills } from './rules.ts';

/** Takes one credit of a key that has a number of them; where none is left, says when there will be. */
export async function takeCredit(
  ctx: Pick<Ctx, 'db' | 'clock'>,
  { tenantId, creditsId }: Pick<ApiKeyActor, 'tenantId' | 'creditsId'>,
): Promise<void> {
  if (creditsId === null) return;
  const now = ctx.clock.now();
  if (await takeApiKeyCredit(ctx.db, { tenantId, creditsId, now, next: nextRefills(now) })) return;
  const credits = await findApiKeyCredits(ctx.db, { tenantId, creditsId });
  // Taken off the key since it was read: nothing limits it any more.
  if (!credits) return;
  const { refillsAt } = credits;
  throw new AppError(KEY_CREDITS_EXHAUSTED, {
    refillsAt,
    ...(refillsAt && { retryAfterSeconds: secondsUntil(refillsAt, now) }),
  });
}
