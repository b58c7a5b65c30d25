import { AppError } from '../../lib/errors.ts';
import { QUEST_BUSY } from '../errors.ts';

/** What was read is not so any more: the transaction is rolled back. */
export class TakenMeanwhile extends Error {}

const ATTEMPTS = 5;

/** Runs it again when somebody was faster, and reads anew what is left then. */
export async function withNewLook<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof TakenMeanwhile)) throw error;
    }
  }
  throw new AppError(QUEST_BUSY);
}
