import { deleteExpired, type Expiring } from '#db/queries/purge.ts';
import type { Deps } from '../context.ts';
import { THROTTLE_WINDOW_MS } from './rules.ts';

const BATCH = 5_000;
const MAX_BATCHES = 20;
const TABLES: readonly Expiring[] = [
  'login_throttles',
  'refresh_tokens',
  'sessions',
  'email_tokens',
  'wallet_nonces',
  'idempotent_answers',
];

/** Deletes what no longer has a meaning: old counts of failures, expired tokens and sessions. Small bites, so that no
 * other write waits for it; what is left over goes the next time. Says how many rows went. */
export async function purgeExpired(deps: Pick<Deps, 'db' | 'clock'>): Promise<number> {
  const now = deps.clock.now();
  let purged = 0;
  for (const table of TABLES) {
    const before = table === 'login_throttles' ? new Date(now.getTime() - THROTTLE_WINDOW_MS) : now;
    for (let batch = 0; batch < MAX_BATCHES; batch += 1) {
      const deleted = await deleteExpired(deps.db, { table, before, limit: BATCH });
      purged += deleted;
      if (deleted < BATCH) break;
    }
  }
  return purged;
}
