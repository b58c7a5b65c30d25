import { takeDueFiles } from '#db/queries/files.ts';
import type { Deps } from '../context.ts';
import { eachOf } from '../lib/each-of.ts';
import { addSeconds } from '../lib/time.ts';
import { PENDING_SECONDS } from './rules.ts';
import { removeFile } from './steps/remove-file.ts';

const BATCH = 100;
const MAX_BATCHES = 50;

/** Gives up what was never confirmed, and removes what is to go. Says how many files are gone. */
export async function purgeFiles(deps: Deps): Promise<number> {
  let purged = 0;
  for (let batch = 0; batch < MAX_BATCHES; batch += 1) {
    const now = deps.clock.now();
    // What cannot be removed now is tried again after that time; what was being looked at can be confirmed until then.
    const due = await takeDueFiles(deps.db, { now, until: addSeconds(now, PENDING_SECONDS), limit: BATCH });
    const going = due.filter(({ status }) => status === 'deleting');
    await eachOf(going, async (file) => {
      try {
        await removeFile(deps, file);
        purged += 1;
      } catch (err) {
        deps.log.warn({ err, fileId: file.id }, 'a file could not be removed');
      }
    });
    if (due.length < BATCH) break;
  }
  return purged;
}
