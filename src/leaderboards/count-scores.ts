import { countScores as countBatch } from '#db/queries/leaderboards.ts';
import type { Deps } from '../context.ts';

const BATCH = 500;
const MAX_BATCHES = 400;

/** Counts what was earned since the last time, for the ranks. Small bites: whoever earns meanwhile waits for one at most. Says how many. */
export async function countScores({ db }: Pick<Deps, 'db'>): Promise<number> {
  let counted = 0;
  for (let batch = 0; batch < MAX_BATCHES; batch += 1) {
    const done = await countBatch(db, { limit: BATCH });
    counted += done;
    if (done < BATCH) break;
  }
  return counted;
}
