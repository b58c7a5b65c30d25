import type { Db } from '#db/client.ts';
import { type ClaimRow, endClaims } from '#db/queries/coupon-claims.ts';
import { freeCodes, moveCounters, returnBudgets, returnUses } from '#db/queries/coupon-uses.ts';
import type { ReleaseReason, TakenBudget, TakenUse } from '#schemas/coupon-claims.ts';
import { recordEvent } from '../../events/record-event.ts';
import { presentClaim } from '../present-claim.ts';
import { canMove, counterOf } from '../rules.ts';

type Releasing = { tenantId: string; claims: readonly ClaimRow[]; reason: ReleaseReason; now: Date };

/**
 * Gives back all that these uses have taken: counters, the person's uses, budgets and codes, with an event for each. The
 * caller holds the rows; what was given back before stays as it is.
 */
export async function releaseClaims(tx: Db, { tenantId, claims, reason, now }: Releasing): Promise<ClaimRow[]> {
  const status = reason === 'expired' ? 'expired' : 'released';
  const open = claims.filter((claim) => canMove(claim.status, status));
  if (open.length === 0) return [];
  const ended = await endClaims(tx, { tenantId, claimIds: open.map(({ id }) => id), status, reason, now });
  const uses = summed(open.flatMap((claim) => claim.uses));
  if (uses.length > 0) await returnUses(tx, { tenantId, uses });
  const budgets = summedBudgets(open);
  if (budgets.length > 0) await returnBudgets(tx, { tenantId, budgets });
  const codeIds = open.flatMap(({ promotionCodeId }) => promotionCodeId ?? []);
  if (codeIds.length > 0) await freeCodes(tx, { tenantId, codeIds });
  for (const claim of ended) {
    const data = presentClaim(claim);
    await recordEvent(tx, { tenantId, type: 'coupon.released', objectId: claim.id, data, now });
  }
  // Last, as where they are taken: everybody waits for these.
  await returnCounters(tx, { tenantId, claims: open });
  return ended;
}

type Held = Pick<Releasing, 'tenantId' | 'claims'>;

// In the order of their ids, as they are taken.
async function returnCounters(tx: Db, { tenantId, claims }: Held): Promise<void> {
  const couponIds = [...new Set(claims.map(({ couponId }) => couponId))].sort();
  for (const couponId of couponIds) {
    const moves = { claimed: 0, reserved: 0, redeemed: 0 };
    for (const { couponId: id, status } of claims) {
      const counter = counterOf(status);
      if (id === couponId && counter) moves[counter] -= 1;
    }
    await moveCounters(tx, { tenantId, couponId, ...moves });
  }
}

function summed(uses: readonly TakenUse[]): (TakenUse & { times: number })[] {
  const sums = new Map<string, TakenUse & { times: number }>();
  for (const use of uses) {
    const key = JSON.stringify([use.scopeId, use.identity, use.period, use.start]);
    sums.set(key, { ...use, times: (sums.get(key)?.times ?? 0) + 1 });
  }
  return [...sums.values()];
}

function summedBudgets(claims: readonly ClaimRow[]): (TakenBudget & { couponId: string })[] {
  const sums = new Map<string, TakenBudget & { couponId: string }>();
  for (const { couponId, budgets } of claims) {
    for (const budget of budgets) {
      const key = JSON.stringify([couponId, budget.measure, budget.period, budget.start, budget.currency]);
      const amount = (sums.get(key)?.amount ?? 0) + budget.amount;
      sums.set(key, { ...budget, couponId, amount });
    }
  }
  return [...sums.values()];
}
