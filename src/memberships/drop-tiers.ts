import type { Db } from '#db/client.ts';
import { findFreeMembershipForUpdate } from '#db/queries/memberships.ts';
import { listFallingTiers } from '#db/queries/point-tiers.ts';
import { type Deps, withTx } from '../context.ts';
import { workOff } from '../lib/work-off.ts';
import { announceMembership } from './steps/announce-membership.ts';
import { settleTier } from './steps/settle-tier.ts';

/** Takes the tiers that points brought and that their members have been below for too long. Says of how many it looked at. */
export function dropTiers(deps: Pick<Deps, 'db' | 'clock' | 'log'>): Promise<number> {
  const now = deps.clock.now();
  return workOff({
    batch: 500,
    rounds: 20,
    list: (limit) => listFallingTiers(deps.db, { now, limit }),
    work: (one) => withTx(deps, async (tx) => Number(await drop(tx, { ...one, now }))),
    onError: (err, { tenantId }) => deps.log.warn({ err, tenantId }, 'a tier could not be taken'),
  });
}

type Due = { tenantId: string; userId: string; now: Date };

async function drop(tx: Db, { tenantId, userId, now }: Due): Promise<boolean> {
  const held = await findFreeMembershipForUpdate(tx, { tenantId, userId });
  if (!held?.tierFallsAt || held.tierFallsAt > now) return false;
  if (await settleTier(tx, { tenantId, userId, now })) {
    await announceMembership(tx, { tenantId, userId, type: 'membership.updated', now });
  }
  return true;
}
