import type { Db } from '#db/client.ts';
import { findMembershipForUpdate } from '#db/queries/memberships.ts';
import { listDueRewards, postponeReward, type RewardRow, takeDueReward } from '#db/queries/referral-rewards.ts';
import { type Deps, withTx } from '../context.ts';
import { giveRewards } from '../effects/give-rewards.ts';
import { recordEffects } from '../effects/record-effects.ts';
import { RewardUnavailable } from '../effects/reward-unavailable.ts';
import { addSeconds } from '../lib/time.ts';
import { workOff } from '../lib/work-off.ts';
import { isMember } from '../memberships/rules.ts';
import { movePoints } from '../points/steps/move-points.ts';

const FIRST_RETRY_SECONDS = 600;
const LAST_RETRY_SECONDS = 86_400;

type Granting = Pick<Deps, 'db' | 'clock' | 'log' | 'jobs'>;
type Due = { tenantId: string; rewardId: string; attempts: number };

/** Gives the rewards whose hold is over, each in a transaction of its own. Says how many. */
export function grantRewards(deps: Granting): Promise<number> {
  const now = deps.clock.now();
  return workOff({
    batch: 200,
    rounds: 50,
    list: (limit) => listDueRewards(deps.db, { now, limit }),
    work: (due) => tryGrant(deps, due, now),
    onError: (err, { rewardId }) => deps.log.warn({ err, rewardId }, 'a reward of a referral could not be given'),
  });
}

/** The reason why a reward waits: somebody who is no member has no points, and a coupon or a product may be gone. */
class Waiting extends Error {}

async function tryGrant(deps: Granting, due: Due, now: Date): Promise<number> {
  try {
    return await withTx(deps, (tx) => grant(tx, { ...due, baseUrl: deps.jobs.baseUrl, now }));
  } catch (error) {
    const isKnown = error instanceof Waiting || error instanceof RewardUnavailable;
    const wait = Math.min(FIRST_RETRY_SECONDS * 2 ** Math.min(due.attempts, 20), LAST_RETRY_SECONDS);
    const waitsFor = isKnown ? error.message : 'another try';
    await postponeReward(deps.db, { ...due, waitsFor, dueAt: addSeconds(now, wait) });
    if (isKnown) return 0;
    throw error;
  }
}

async function grant(tx: Db, { baseUrl, now, ...due }: Due & { baseUrl: string; now: Date }): Promise<number> {
  const reward = await takeDueReward(tx, { ...due, now });
  if (!reward) return 0;
  const { tenantId, userId, id: causeId, gifts: rewards } = reward;
  const membership = await findMembershipForUpdate(tx, { tenantId, userId });
  if (!membership || !isMember(membership, now)) throw new Waiting('the membership of who gets it');
  await givePoints(tx, { reward, membershipId: membership.id, now });
  await giveRewards(tx, { cause: { tenantId, userId, causeType: 'referral', causeId }, rewards, baseUrl, now });
  return 1;
}

type Giving = { reward: RewardRow; membershipId: string; now: Date };

async function givePoints(tx: Db, { reward, membershipId, now }: Giving): Promise<void> {
  const { tenantId, userId, id: causeId, points: amount } = reward;
  if (amount === 0) return;
  const cause = { type: 'referral', id: causeId };
  await movePoints(tx, { tenantId, membershipId, amount, reason: 'referral', cause, now });
  const given = [{ targetId: membershipId, quantity: amount }];
  await recordEffects(tx, { tenantId, causeType: 'referral', causeId, kind: 'points', userId, given, now });
}
