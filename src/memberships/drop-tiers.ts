import type { Db } from '#db/client.ts';
import { findFreeMembershipForUpdate } from '#db/queries/memberships.ts';
import { listFallingTiers } from '#db/queries/point-tiers.ts';
import { type Deps, withTx } from '../context.ts';
import { announceMembership } from './steps/announce-membership.ts';
import { settleTier } from './steps/settle-tier.ts';

const BATCH = 500;
const MAX_BATCHES = 20;

type Due = { tenantId: string; userId: string; now: Date };

/** Takes the tiers that points brought and that their members have been below for too long. Says of how many it looked at. */
export async function dropTiers(deps: Pick<Deps, 'db' | 'clock' | 'log'>): Promise<number> {
  const now = deps.clock.now();
  let settled = 0;
  for (let batch = 0; batch < MAX_BATCHES; batch += 1) {
    const due = await listFallingTiers(deps.db, { now, limit: BATCH });
    let done = 0;
    for (const one of due) if (await tryDrop(deps, { ...one, now })) done += 1;
    settled += done;
    if (due.length < BATCH || done === 0) break;
  }
  return settled;
}

// One that fails does not hold up the others.
async function tryDrop(deps: Pick<Deps, 'db' | 'log'>, due: Due): Promise<boolean> {
  try {
    return await withTx(deps, (tx) => drop(tx, due));
  } catch (err) {
    deps.log.warn({ err, tenantId: due.tenantId }, 'a tier could not be taken');
    return false;
  }
}

async function drop(tx: Db, { tenantId, userId, now }: Due): Promise<boolean> {
  const held = await findFreeMembershipForUpdate(tx, { tenantId, userId });
  if (!held?.tierFallsAt || held.tierFallsAt > now) return false;
  if (await settleTier(tx, { tenantId, userId, now })) {
    await announceMembership(tx, { tenantId, userId, type: 'membership.updated', now });
  }
  return true;
}
