import { listDueExpiries } from '#db/queries/point-expiry.ts';
import { type Deps, withTx } from '../context.ts';
import { workOff } from '../lib/work-off.ts';
import { expireDue } from './steps/expire-due.ts';

/** Takes the points that have expired, each member for themselves. One whom somebody holds is left for the next time. Says of how many. */
export function expirePoints(deps: Pick<Deps, 'db' | 'clock' | 'log'>): Promise<number> {
  const now = deps.clock.now();
  return workOff({
    batch: 500,
    rounds: 20,
    list: (limit) => listDueExpiries(deps.db, { now, limit }),
    work: (one) => withTx(deps, async (tx) => Number(await expireDue(tx, { ...one, skipLocked: true, now }))),
    onError: (err, { tenantId }) => deps.log.warn({ err, tenantId }, 'points could not be expired'),
  });
}
