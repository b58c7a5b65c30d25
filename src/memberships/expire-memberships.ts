import type { Db } from '#db/client.ts';
import { findFreeMembershipForUpdate, listExpiredMemberships, updateMembership } from '#db/queries/memberships.ts';
import { findTenant } from '#db/queries/tenants.ts';
import { findTier } from '#db/queries/tiers.ts';
import { type Deps, withTx } from '../context.ts';
import { recordEvent } from '../events/record-event.ts';
import { workOff } from '../lib/work-off.ts';
import { presentMembership } from './present-membership.ts';
import { statusAt, statusesBefore } from './rules.ts';

/** Writes down what has run out, each with its event. One that somebody holds is left for the next time. Says how many. */
export function expireMemberships(deps: Pick<Deps, 'db' | 'clock' | 'log'>): Promise<number> {
  const now = deps.clock.now();
  return workOff({
    batch: 500,
    rounds: 20,
    list: (limit) => listExpiredMemberships(deps.db, { now, limit }),
    work: (one) => withTx(deps, (tx) => expire(tx, { ...one, now })),
    onError: (err, { tenantId }) => deps.log.warn({ err, tenantId }, 'a membership could not be expired'),
  });
}

type Due = { tenantId: string; userId: string; now: Date };

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
