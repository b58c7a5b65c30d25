import { findDispatchRange, insertDueDeliveries, lockDispatch } from '#db/queries/webhook-queue.ts';
import { type Deps, withTx } from '../context.ts';

const BATCH = 500;

/**
 * Makes deliveries of the events that are complete, in their order, one process at a time. The deliveries and the cursor
 * are one transaction: after a crash there are both or neither. Says how many events.
 */
export async function dispatchEvents(deps: Pick<Deps, 'db' | 'clock'>): Promise<number> {
  const seen = await findDispatchRange(deps.db);
  if (seen.from >= seen.upTo) return 0;
  return withTx(deps, async (tx) => {
    if (!(await lockDispatch(tx))) return 0;
    const { from, upTo } = await findDispatchRange(tx);
    if (from >= upTo) return 0;
    return insertDueDeliveries(tx, { from, upTo, limit: BATCH, now: deps.clock.now() });
  });
}
