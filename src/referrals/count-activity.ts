import { countActivity as countBatch } from '#db/queries/referral-rollups.ts';
import type { Deps } from '../context.ts';

const BATCH = 1_000;
const MAX_BATCHES = 200;

/** Brings the rollups of referrals up to date, in small bites. Says how many clicks, sign-ups and so on it counted. */
export async function countActivity({ db }: Pick<Deps, 'db'>): Promise<number> {
  let counted = 0;
  for (let batch = 0; batch < MAX_BATCHES; batch += 1) {
    const done = await countBatch(db, { limit: BATCH });
    counted += done;
    if (done < BATCH) break;
  }
  return counted;
}
