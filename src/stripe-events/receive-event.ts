import type { Ctx } from '../context.ts';
import { AppError } from '../lib/errors.ts';
import { INVALID_SIGNATURE, WRONG_LIVEMODE } from './errors.ts';
import { takeEvent } from './take-event.ts';

type Input = { body: Buffer; signature: string | undefined };

/** What Stripe tells, once it is certain that Stripe tells it, and to this mode. */
export async function receiveEvent(ctx: Ctx, { body, signature }: Input): Promise<{ received: true }> {
  const { cards } = ctx.deps;
  const event = await cards.readEvent({ body, signature, now: ctx.clock.now() });
  if (!event) throw new AppError(INVALID_SIGNATURE);
  if (event.livemode !== (cards.mode === 'live')) throw new AppError(WRONG_LIVEMODE);
  await takeEvent({ ...ctx.deps, clock: ctx.clock }, event);
  return { received: true };
}
