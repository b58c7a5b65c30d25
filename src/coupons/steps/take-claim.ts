import type { Db } from '#db/client.ts';
import { type ClaimRow, insertClaim } from '#db/queries/coupon-claims.ts';
import type { CouponState } from '#db/queries/coupon-states.ts';
import { moveCounters, takeCode, takeUses } from '#db/queries/coupon-uses.ts';
import { recordEvent } from '../../events/record-event.ts';
import { AppError, NOT_FOUND } from '../../lib/errors.ts';
import { presentClaim } from '../present-claim.ts';
import type { Shopper } from './load-coupons.ts';
import { newClaim, usesOf } from './take-uses.ts';
import { TakenMeanwhile } from './taken-meanwhile.ts';

type Claiming = { state: CouponState; shopper: Shopper; expiresAt: Date };

/**
 * Keeps one use of the coupon for the person. All of it goes to the database at once, and the counter last: everybody waits
 * for that, so it is held no longer than the commit takes.
 */
export async function takeClaim(tx: Db, { state, shopper, expiresAt }: Claiming): Promise<ClaimRow> {
  const { coupon, code } = state;
  const { tenantId, userId, now } = shopper;
  if (userId === null) throw new AppError(NOT_FOUND);
  const couponId = coupon.id;
  const claim = { ...newClaim(state, { shopper, userId }), expiresAt };
  const data = presentClaim(claim);
  const [isFirst, isLeft, areFree, , isThere] = await Promise.all([
    insertClaim(tx, claim),
    code?.singleUse ? takeCode(tx, { tenantId, codeId: code.id, now }) : true,
    Promise.all(usesOf(coupon, shopper).map((uses) => takeUses(tx, uses))),
    recordEvent(tx, { tenantId, type: 'coupon.claimed', objectId: claim.id, data, now }),
    moveCounters(tx, { tenantId, couponId, claimed: 1 }),
  ]);
  if (!isFirst) throw new TakenMeanwhile('ALREADY_CLAIMED');
  if (!isThere || !isLeft) throw new TakenMeanwhile('QUANTITY_EXCEEDED');
  if (areFree.includes(false)) throw new TakenMeanwhile('CUSTOMER_LIMIT');
  return claim;
}
