import { listEndedLoans } from '#db/queries/memberships.ts';
import { type Deps, withTx } from '../context.ts';
import { workOff } from '../lib/work-off.ts';
import { returnTier } from './steps/return-tier.ts';

/** Ends the loans of tiers whose time is over, each with its event. Says how many. */
export function returnTiers(deps: Pick<Deps, 'db' | 'clock' | 'log'>): Promise<number> {
  const now = deps.clock.now();
  return workOff({
    batch: 500,
    rounds: 20,
    list: (limit) => listEndedLoans(deps.db, { now, limit }),
    work: (one) => withTx(deps, async (tx) => Number(await returnTier(tx, { ...one, now }))),
    onError: (err, { tenantId }) => deps.log.warn({ err, tenantId }, 'a lent tier could not be returned'),
  });
}
