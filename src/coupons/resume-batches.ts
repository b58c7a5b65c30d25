import { listStalledBatches } from '#db/queries/coupon-codes.ts';
import type { Deps } from '../context.ts';
import { addSeconds } from '../lib/time.ts';
import { makeCodes } from './make-codes.ts';

const STALLED_SECONDS = 10;
const AT_ONCE = 10;

/** Goes on with the batches whose worker is gone. */
export async function resumeBatches(deps: Pick<Deps, 'db' | 'clock' | 'log'>): Promise<void> {
  const before = addSeconds(deps.clock.now(), -STALLED_SECONDS);
  for (const batch of await listStalledBatches(deps.db, { before, limit: AT_ONCE })) {
    await makeCodes(deps, batch).catch((err) => deps.log.warn({ err, ...batch }, 'codes could not be made'));
  }
}
