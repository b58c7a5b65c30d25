import { takeDueStripeEvents } from '#db/queries/stripe-events.ts';
import type { Deps } from '../context.ts';
import { eachOf } from '../lib/each-of.ts';
import { addSeconds } from '../lib/time.ts';
import { tryEvent } from './take-event.ts';

const BATCH = 50;
const TAKEN_SECONDS = 120;

/** Tries those again that could not be applied. Says how many. */
export async function checkEvents(deps: Deps): Promise<number> {
  const now = deps.clock.now();
  const due = await takeDueStripeEvents(deps.db, { now, until: addSeconds(now, TAKEN_SECONDS), limit: BATCH });
  await eachOf(due, async ({ payload, account, attempts }) => {
    await tryEvent(deps, { event: deps.cards.eventOf(payload, account), attempts: attempts + 1 });
  });
  return due.length;
}
