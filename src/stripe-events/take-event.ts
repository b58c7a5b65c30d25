import { insertStripeEvent, updateStripeEvent } from '#db/queries/stripe-events.ts';
import type { CardEvent } from '../clients/card-payments.ts';
import { type Deps, withTx } from '../context.ts';
import { databaseFaultOf, isDatabaseUnavailable } from '../lib/database-errors.ts';
import { newId } from '../lib/ids.ts';
import { NotYet } from '../lib/not-yet.ts';
import { applyFinal, applyHint, isFinal, type Outcome } from './apply-event.ts';
import { nextEventRetry } from './rules.ts';

/**
 * Keeps an event and lets it take effect, once. Kept first: what cannot be applied now is applied by a job. A final one is
 * kept in the transaction of its effect; with the database down nothing is kept, and Stripe tells it again.
 */
export async function takeEvent(deps: Deps, event: CardEvent): Promise<void> {
  if (!isFinal(event.object)) return takeHint(deps, event);
  const now = deps.clock.now();
  try {
    await withTx(deps, async (tx) => {
      // Kept as done before it is: nobody sees it unless it is.
      const isNew = await insertStripeEvent(tx, rowOf(event, { status: 'succeeded', now }));
      if (!isNew) return;
      const status = await applyFinal(tx, { event, now, jobs: deps.jobs });
      if (status === 'ignored') await updateStripeEvent(tx, { eventId: event.id, change: { status } });
    });
  } catch (error) {
    requireDatabase(error);
    deps.log.warn({ err: error, eventId: event.id }, 'an event could not be applied');
    await insertStripeEvent(deps.db, rowOf(event, { status: 'pending', now }));
  }
}

async function takeHint(deps: Deps, event: CardEvent): Promise<void> {
  const now = deps.clock.now();
  const isKnownType = event.object.kind !== 'other';
  const status = isKnownType ? 'pending' : 'ignored';
  const isNew = await insertStripeEvent(deps.db, rowOf(event, { status, now }));
  if (isNew && isKnownType) await tryEvent(deps, { event, attempts: 1 });
}

/** So often is looked for what an event is about, over hours; then it is nothing of ours. */
const MAX_WAITS = 12;

/** Applies a kept event. A failure is written down with it, and leaves it to a later try. */
export async function tryEvent(deps: Deps, { event, attempts }: { event: CardEvent; attempts: number }): Promise<void> {
  try {
    const status = await apply(deps, event);
    const change = { status, attempts, error: null, processedAt: deps.clock.now(), retryAt: null };
    await updateStripeEvent(deps.db, { eventId: event.id, change });
  } catch (error) {
    requireDatabase(error);
    const isForeign = error instanceof NotYet && attempts >= MAX_WAITS;
    const retryAt = isForeign ? null : nextEventRetry(attempts, deps.clock.now());
    const over = isForeign ? ('ignored' as const) : ('failed' as const);
    const change = { status: retryAt === null ? over : ('pending' as const), attempts, error: nameOf(error), retryAt };
    await updateStripeEvent(deps.db, { eventId: event.id, change });
  }
}

function apply(deps: Deps, event: CardEvent): Promise<Outcome> {
  if (!isFinal(event.object)) return applyHint(deps, event);
  return withTx(deps, (tx) => applyFinal(tx, { event, now: deps.clock.now(), jobs: deps.jobs }));
}

function rowOf(event: CardEvent, { status, now }: { status: 'pending' | 'succeeded' | 'ignored'; now: Date }) {
  const { id: eventId, account, type, livemode, payload, createdAt } = event;
  const isOpen = status === 'pending';
  const times = { createdAt, receivedAt: now, processedAt: isOpen ? null : now };
  const retryAt = isOpen ? nextEventRetry(1, now) : null;
  return { eventId, id: newId(), account, type, livemode, payload, status, attempts: 1, ...times, retryAt };
}

/** With the database down nothing is kept, and Stripe tells it again. */
export function requireDatabase(error: unknown): void {
  const fault = databaseFaultOf(error);
  if (fault && isDatabaseUnavailable(fault)) throw error;
}

/** What a platform admin may read: a driver's message can carry parameters. */
function nameOf(error: unknown): string {
  const fault = databaseFaultOf(error);
  if (fault) return `database ${fault.sqlState} ${fault.constraint ?? ''}`.trim();
  return error instanceof Error ? error.message.slice(0, 500) : 'unknown';
}
