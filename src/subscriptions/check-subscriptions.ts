import { takeDueSubscriptions } from '#db/queries/subscriptions.ts';
import type { Deps } from '../context.ts';
import { eachOf } from '../lib/each-of.ts';
import { addSeconds } from '../lib/time.ts';
import { startSubscription } from './steps/start-subscription.ts';

const BATCH = 50;
const TAKEN_SECONDS = 120;

/** Goes on with what a crash left out, and asks how those stand of which nothing was heard. Says how many. */
export async function checkSubscriptions(deps: Deps): Promise<number> {
  const now = deps.clock.now();
  const due = await takeDueSubscriptions(deps.db, { now, until: addSeconds(now, TAKEN_SECONDS), limit: BATCH });
  await eachOf(due, async (row) => {
    try {
      await startSubscription(deps, row);
    } catch (err) {
      deps.log.warn({ err, subscriptionId: row.id }, 'a subscription could not be checked');
    }
  });
  return due.length;
}
