import { findCoupon } from '#db/queries/coupons.ts';
import {
  findStripeCoupon,
  listStripeCoupons,
  type StripeCouponRow,
  setPromotionState,
  takeDueStripeCoupons,
} from '#db/queries/stripe-coupons.ts';
import type { Deps } from '../context.ts';
import { addSeconds } from '../lib/time.ts';
import { basisOf, isOnOffer } from './stripe-rules.ts';

type Syncing = Pick<Deps, 'db' | 'cards' | 'clock' | 'log'>;
type Coupon = { tenantId: string; couponId: string };

const LOOK_AGAIN_SECONDS = 60;
const TAKEN_SECONDS = 300;
const AT_ONCE = 100;
const MAX_ROUNDS = 5;

/** Switches the promotion codes of a coupon on and off at the processor, as it can be used here. */
export async function syncPromotions(deps: Syncing, coupon: Coupon): Promise<void> {
  for (const row of await listStripeCoupons(deps.db, coupon)) await syncOne(deps, row);
}

/** Again while something has changed on the way: of two jobs the one that looked first may come last. */
async function syncOne({ db, cards, clock, log }: Syncing, { tenantId, id, couponId }: StripeCouponRow): Promise<void> {
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const now = clock.now();
    const [row, coupon] = await Promise.all([
      findStripeCoupon(db, { tenantId, id }),
      findCoupon(db, { tenantId, couponId }),
    ]);
    if (!row || !coupon) return;
    const offer = row.basis === basisOf(coupon) ? isOnOffer(coupon, now) : null;
    const active = offer === true;
    const { promotionId } = row;
    const isSaid = promotionId === null || row.active === active;
    if (isSaid && round > 0) return;
    try {
      const account = row.account === '' ? null : row.account;
      if (!isSaid) await cards.setPromotionActive({ account, promotionId, active });
    } catch (error) {
      // Such as on an account that has left: nobody can use the code there either.
      if (!cards.refusalOf(error)) throw error;
      log.warn({ err: error, couponId }, 'a promotion code could not be changed');
    }
    const checkAt = offer === null && promotionId !== null ? null : addSeconds(now, LOOK_AGAIN_SECONDS);
    await setPromotionState(db, { tenantId, id, active: promotionId === null ? row.active : active, checkAt });
  }
}

/** Looks at those that end, begin or are used up by themselves. */
export async function checkPromotions(deps: Syncing): Promise<void> {
  const now = deps.clock.now();
  const due = await takeDueStripeCoupons(deps.db, { now, until: addSeconds(now, TAKEN_SECONDS), limit: AT_ONCE });
  const coupons = new Map(due.map((one) => [one.couponId, one]));
  for (const coupon of coupons.values()) {
    await syncPromotions(deps, coupon).catch((err) =>
      deps.log.warn({ err, ...coupon }, 'the promotion codes of a coupon could not be checked'),
    );
  }
}
