import { listDueExpiries } from '#db/queries/point-expiry.ts';
import { type Deps, withTx } from '../context.ts';
import { expireDue } from './steps/expire-due.ts';

const BATCH = 500;
const MAX_BATCHES = 20;

type Due = { tenantId: string; membershipId: string };

/** Takes the points that have expired, each member for themselves. One whom somebody holds is left for the next time. Says of how many. */
export async function expirePoints(deps: Pick<Deps, 'db' | 'clock' | 'log'>): Promise<number> {
  const now = deps.clock.now();
  let expired = 0;
  for (let batch = 0; batch < MAX_BATCHES; batch += 1) {
    const due = await listDueExpiries(deps.db, { now, limit: BATCH });
    let done = 0;
    for (const one of due) if (await tryExpire(deps, one, now)) done += 1;
    expired += done;
    if (due.length < BATCH || done === 0) break;
  }
  return expired;
}

// One that fails does not hold up the others.
async function tryExpire(deps: Pick<Deps, 'db' | 'log'>, due: Due, now: Date): Promise<boolean> {
  try {
    return await withTx(deps, (tx) => expireDue(tx, { ...due, skipLocked: true, now }));
  } catch (err) {
    deps.log.warn({ err, tenantId: due.tenantId }, 'points could not be expired');
    return false;
  }
}
