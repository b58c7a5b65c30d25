import { findStripeEvent } from '#db/queries/stripe-events.ts';
import type { StripeEvent } from '#schemas/stripe-events.ts';
import type { Ctx, Deps } from '../context.ts';
import { AppError, FORBIDDEN, NOT_FOUND } from '../lib/errors.ts';
import { presentStripeEvent } from './present-stripe-event.ts';
import { tryEvent } from './take-event.ts';

/** Applies a kept event again, whatever became of it: what it did already it does not do twice. */
export async function replayEvent(deps: Deps, { eventId }: { eventId: string }): Promise<StripeEvent> {
  const row = await findStripeEvent(deps.db, eventId);
  if (!row) throw new AppError(NOT_FOUND);
  const event = deps.cards.eventOf(row.payload, row.account);
  await tryEvent(deps, { event, attempts: row.attempts + 1 });
  const after = await findStripeEvent(deps.db, eventId);
  return presentStripeEvent(after ?? row);
}

/** The same, for a platform admin. */
export async function replayStripeEvent(ctx: Ctx, input: { eventId: string }): Promise<StripeEvent> {
  requirePlatformAdmin(ctx);
  return replayEvent({ ...ctx.deps, clock: ctx.clock }, input);
}

export function requirePlatformAdmin({ actor }: Pick<Ctx, 'actor'>): void {
  if (actor.type !== 'user' || actor.platformRole !== 'admin') throw new AppError(FORBIDDEN);
}
