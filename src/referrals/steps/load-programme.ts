import type { Db } from '#db/client.ts';
import { findProgramme, holdProgramme, type ProgrammeRow } from '#db/queries/referral-programmes.ts';
import { DEFAULT_PROGRAMME } from '../rules.ts';

type Asking = { tenantId: string; now: Date };

const fresh = ({ tenantId, now }: Asking): ProgrammeRow => ({
  tenantId,
  ...DEFAULT_PROGRAMME,
  createdAt: now,
  updatedAt: now,
});

/** The brand's programme; one that rewards nothing until the brand sets it. */
export async function loadProgramme(db: Db, asking: Asking): Promise<ProgrammeRow> {
  return (await findProgramme(db, asking.tenantId)) ?? fresh(asking);
}

/** The same, held until the transaction ends: sign-ups of a brand go one by one, so that no two close a circle. */
export function lockProgramme(tx: Db, asking: Asking): Promise<ProgrammeRow> {
  return holdProgramme(tx, fresh(asking));
}
