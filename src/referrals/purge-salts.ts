import { deleteSalts } from '#db/queries/referral-clicks.ts';
import type { Deps } from '../context.ts';

/** Forgets how the visitors of days before today were known. */
export function purgeSalts({ db, clock }: Pick<Deps, 'db' | 'clock'>): Promise<void> {
  return deleteSalts(db, { before: clock.now().toISOString().slice(0, 10) });
}
