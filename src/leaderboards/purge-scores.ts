import { deleteOldScores } from '#db/queries/leaderboards.ts';
import type { Deps } from '../context.ts';

const KEPT_MS = 400 * 86_400_000;
const BATCH = 5_000;
const MAX_BATCHES = 40;

/** Deletes the leaderboards of days, weeks and months that began more than 400 days ago, in small bites. Says how many rows went. */
export async function purgeScores({ db, clock }: Pick<Deps, 'db' | 'clock'>): Promise<number> {
  const before = new Date(clock.now().getTime() - KEPT_MS);
  let purged = 0;
  for (let batch = 0; batch < MAX_BATCHES; batch += 1) {
    const deleted = await deleteOldScores(db, { before, limit: BATCH });
    purged += deleted;
    if (deleted === 0) break;
  }
  return purged;
}
