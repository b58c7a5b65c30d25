import type { Db } from '#db/client.ts';
import { findFreeMembershipForUpdate, listExpiredMemberships, updateMembership } from '#db/queries/memberships.ts';
import { findTenant } from '#db/queries/tenants.ts';
import { findTier } from '#db/queries/tiers.ts';
import { type Deps, withTx } from '../context.ts';
import { recordEvent } from '../events/record-event.ts';
import { presentMembership } from './present-membership.ts';
import { statusAt, statusesBefore } from './rules.ts';

const BATCH = 500;
const MAX_BATCHES = 20;

/** Writes down what has run out, each with its event. One that somebody holds is left for the next time. Says how many. */
export async function expireMemberships(deps: Pick<Deps, 'db' | 'clock' | 'log'>): Promise<number> {
  const now = deps.clock.now();
  let expired = 0;
  for (let batch = 0; batch < MAX_BATCHES; batch += 1) {
    const due = await listExpiredMemberships(deps.db, { now, limit: BATCH });
    let done = 0;
    for (const one of due) done += await tryExpire(deps, { ...one, now });
    expired += done;
    if (due.length < BATCH || done === 0) break;
  }
  return expired;
}

type Due = { tenantId: string; userId: string; now: Date };

// One that fails does not hold up the others.
async function tryExpire(deps: Pick<Deps, 'db' | 'log'>, due: Due): Promise<number> {
  try {
    return await withTx(deps, (tx) => expire(tx, due));
  } catch (err) {
    deps.log.warn({ err, tenantId: due.tenantId }, 'a membership could not be expired');
    return 0;
  }
}

async function expire(tx: Db, { tenantId, userId, now }: Due): Promise<number> {
  const old = await findFreeMembershipForUpdate(tx, { tenantId, userId });
  if (!old || old.status === 'expired' || statusAt(old, now) !== 'expired') return 0;
  const from = statusesBefore('expired');
  const change = { status: 'expired' as const };
  const membership = await updateMembership(tx, { tenantId, membershipId: old.id, from, change, now });
  const tier = await findTier(tx, { tenantId, tierId: old.tierId });
  const tenant = await findTenant(tx, tenantId);
  if (!membership || !tier || !tenant) throw new Error('a membership has lost its tier or its brand');
  const data = presentMembership({ membership, tier, tenant }, now);
  await recordEvent(tx, { tenantId, type: 'membership.updated', objectId: old.id, data, now });
  return 1;
}
