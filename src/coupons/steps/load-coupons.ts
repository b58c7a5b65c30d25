import type { Db } from '#db/client.ts';
import {
  type CouponState,
  findCouponState,
  findShopper,
  listCouponStates,
  listOfferedStates,
  type ShopperRow,
} from '#db/queries/coupon-states.ts';
import type { CouponPeriod } from '#schemas/coupons.ts';
import { AppError, NOT_FOUND } from '../../lib/errors.ts';
import { hashToken } from '../../lib/secrets.ts';
import { startsOfPeriods } from '../../lib/zoned-time.ts';
import { isMember } from '../../memberships/rules.ts';
import { unaliasEmail } from '../identity-rules.ts';
import type { Member, Question, Usage } from '../rules.ts';

/** Somebody before a brand's coupons: what they are known by, and the periods of now. */
export type Shopper = {
  tenantId: string;
  timezone: string;
  currency: string;
  userId: string | null;
  identities: string[];
  periods: readonly { period: CouponPeriod; start: Date }[];
  member: Member | null;
  now: Date;
};

/** One read. A brand that is not there, or is suspended, is a 404. */
export async function loadShopper(
  db: Db,
  { now, ...key }: { tenantId: string; userId: string | null; now: Date },
): Promise<Shopper> {
  const row = await findShopper(db, key);
  if (!row) throw new AppError(NOT_FOUND);
  const { tenantId, timezone, currency, userId } = row;
  const periods = startsOfPeriods(timezone, now);
  const member = userId === null ? null : memberOf(row, now);
  return { tenantId, timezone, currency, userId, identities: identitiesOf(row), periods, member, now };
}

function memberOf({ membership, hasBought }: ShopperRow, now: Date): Member {
  const isOne = membership !== null && isMember(membership, now);
  return { isMember: isOne, tierId: isOne ? membership.tierId : null, hasBought };
}

// The address itself is nobody's business here: only whether it is the same.
function identitiesOf({ userId, email, cards }: ShopperRow): string[] {
  if (userId === null) return [];
  const address = email === null ? [] : [`email:${hashToken(unaliasEmail(email))}`];
  return [`user:${userId}`, ...address, ...cards.map((fingerprint) => `card:${fingerprint}`)];
}

type Names = { codeKeys?: readonly string[]; claimIds?: readonly string[] };

/** One read. A coupon that is not there is a 404. */
export async function loadCoupon(db: Db, shopper: Shopper, couponId: string): Promise<CouponState> {
  const state = await findCouponState(db, { ...shopper, couponId });
  if (!state) throw new AppError(NOT_FOUND);
  return state;
}

/** One read, for however many coupons. */
export function loadCoupons(db: Db, shopper: Shopper, names: Names): Promise<CouponState[]> {
  return listCouponStates(db, { ...shopper, ...names });
}

const MAX_OFFERED = 500;

/** The public coupons, and those that this person has claimed. */
export function loadOffered(db: Db, shopper: Shopper): Promise<CouponState[]> {
  return listOfferedStates(db, { ...shopper, rows: MAX_OFFERED });
}

/** Whether the person has a claim of it that has not run out: what they use is that. */
export function isOpen({ claim }: Pick<CouponState, 'claim'>, { now }: Pick<Shopper, 'now'>): boolean {
  return claim?.status === 'claimed' && claim.expiresAt !== null && claim.expiresAt > now;
}

/** How far it is used up; what has run out is not counted, though nobody has written it down yet. */
export function usageOf({ coupon, claim, overdue, uses, budgets }: CouponState, shopper: Shopper): Usage {
  const isOver = claim?.status === 'claimed' && !isOpen({ claim }, shopper);
  const startsOf = new Map(shopper.periods.map(({ period, start }) => [period, start.toISOString()]));
  const isBack = (period: CouponPeriod) =>
    isOver && claim.uses.some((use) => use.period === period && use.start === startsOf.get(period));
  const own = uses.filter(({ scopeId }) => scopeId === coupon.id);
  const first = uses.filter(({ scopeId }) => scopeId === shopper.tenantId);
  return {
    maxRedemptions: coupon.maxRedemptions,
    taken: coupon.claimed + coupon.reserved + coupon.redeemed - overdue,
    codes: coupon.codes,
    uses: own.map(({ period, used }) => ({ period, used: isBack(period) ? used - 1 : used })),
    firstPurchases: Math.max(0, ...first.map(({ used }) => used)),
    budgets,
    hasOpenClaim: isOpen({ claim }, shopper),
  };
}

type Asked = Pick<Question, 'purpose' | 'cart'> & { isHeld?: boolean };

/** What the rule is asked about a coupon for this person. */
export function questionOf(state: CouponState, { shopper, ...asked }: Asked & { shopper: Shopper }): Question {
  const { member, timezone, now } = shopper;
  const { code } = state;
  const typed = code && { isUsed: code.singleUse && code.usedAt !== null };
  return { isHeld: false, ...asked, usage: usageOf(state, shopper), member, code: typed, timezone, now };
}
