import type { Db } from '#db/client.ts';
import {
  findMembershipForUpdate,
  findMembershipState,
  listExpiredMemberships,
  updateMembership,
} from '#db/queries/memberships.ts';
import { type Deps, withTx } from '../context.ts';
import { recordEvent } from '../events/record-event.ts';
import { presentMembership } from './present-membership.ts';
import { statusAt, statusesBefore } from './rules.ts';

const BATCH = 500;

/** Writes down what has run out, each with its event. What is left over goes the next time. Says how many. */
export async function expireMemberships(deps: Pick<Deps, 'db' | 'clock'>): Promise<number> {
  const now = deps.clock.now();
  const due = await listExpiredMemberships(deps.db, { now, limit: BATCH });
  let expired = 0;
  for (const one of due) expired += await withTx(deps, (tx) => expire(tx, { ...one, now }));
  return expired;
}

type Due = { tenantId: string; userId: string; now: Date };

// Renewed or ended meanwhile, it is left alone.
async function expire(tx: Db, { tenantId, userId, now }: Due): Promise<number> {
  const old = await findMembershipForUpdate(tx, { tenantId, userId });
  if (!old || old.status === 'expired' || statusAt(old, now) !== 'expired') return 0;
  const from = statusesBefore('expired');
  const change = { status: 'expired' as const };
  const membership = await updateMembership(tx, { tenantId, membershipId: old.id, from, change, now });
  const state = await findMembershipState(tx, { tenantId, userId });
  if (!membership || !state?.tier) return 0;
  const data = presentMembership({ membership, tier: state.tier, tenant: state.tenant }, now);
  await recordEvent(tx, { tenantId, type: 'membership.updated', objectId: old.id, data, now });
  return 1;
}
