import type { Db } from '#db/client.ts';
import type { CouponState } from '#db/queries/coupon-states.ts';
import type { CouponReason } from '#schemas/coupons.ts';
import type { AskedCoupon } from '#schemas/payments.ts';
import type { Cart } from '../discount-rules.ts';
import { type Candidate, decideStack, type StackDecision } from '../order-rules.ts';
import { codeKeyOf, type MissingFacts } from '../rules.ts';
import { isOpen, loadCoupons, questionOf, type Shopper } from './load-coupons.ts';

export type Refused = { ok: false; index: number; reasons: CouponReason[]; missing: MissingFacts };
export type Resolved =
  | ({ ok: true; states: CouponState[] } & Omit<Extract<StackDecision, { ok: true }>, 'ok'>)
  | Refused;

type Asking = {
  shopper: Shopper;
  asked: readonly AskedCoupon[];
  cart: Cart;
  /** Whether they may know why: a member, or the brand itself. */
  isInsider: boolean;
};

/**
 * What several codes and claims would take off a cart. Whoever may only be guessing gets one answer for a code that nobody
 * has and for one that they cannot use.
 */
export async function resolveCoupons(db: Db, { shopper, asked, cart, isInsider }: Asking): Promise<Resolved> {
  const codeKeys = asked.flatMap((one) => ('code' in one ? (codeKeyOf(one.code) ?? []) : []));
  const claimIds = asked.flatMap((one) => ('claimId' in one ? one.claimId : []));
  const known = codeKeys.length + claimIds.length > 0 ? await loadCoupons(db, shopper, { codeKeys, claimIds }) : [];
  const states: CouponState[] = [];
  for (const [index, one] of asked.entries()) {
    const state = known.find((found) => isMeant(found, one));
    if (!state) return { ok: false, index, reasons: ['NOT_FOUND'], missing: {} };
    if ('claimId' in one && !isOpen(state, shopper)) {
      return { ok: false, index, reasons: ['CLAIM_NOT_OPEN'], missing: {} };
    }
    states.push(state);
  }
  const candidates = states.map((state): Candidate => {
    const { cart: _cart, ...question } = questionOf(state, {
      shopper,
      purpose: 'use',
      cart,
      isHeld: isOpen(state, shopper),
    });
    return { terms: state.coupon, question };
  });
  const decision = decideStack(candidates, cart);
  return decision.ok ? { ...decision, states } : toldOf(decision, { state: states[decision.index], isInsider });
}

type Refusal = Pick<Refused, 'reasons' | 'missing'>;
type Telling = { state: CouponState | undefined; isInsider: boolean };

/** A refusal as it may be told: whoever may only be guessing hears that there is no such code, whatever the reasons are. */
export function toldOf<Told extends Refusal>(refusal: Told, { state, isInsider }: Telling): Told {
  return isInsider || isShown(state) ? refusal : { ...refusal, reasons: ['NOT_FOUND'], missing: {} };
}

function isMeant({ code, claim }: CouponState, asked: AskedCoupon): boolean {
  if ('claimId' in asked) return code === null && claim?.id === asked.claimId;
  return code !== null && code.codeKey === codeKeyOf(asked.code);
}

// Of what everybody may see, and of what they hold, nothing is to be guessed.
function isShown(state: CouponState | undefined): boolean {
  return state !== undefined && (state.coupon.public || state.claim !== null);
}
