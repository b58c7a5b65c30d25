import type { MembershipStatus, PriceInterval } from '#schemas/memberships.ts';

/** Which status may follow which. A membership that has ended begins anew when its person joins again. */
const TRANSITIONS = {
  trialing: ['active', 'past_due', 'paused', 'canceled', 'expired'],
  active: ['past_due', 'paused', 'canceled', 'expired'],
  past_due: ['active', 'canceled', 'expired'],
  paused: ['active', 'canceled', 'expired'],
  canceled: ['active', 'trialing'],
  expired: ['active', 'trialing'],
} as const satisfies Record<MembershipStatus, readonly MembershipStatus[]>;

/** The statuses from which a membership may move to this one. */
export function statusesBefore(to: MembershipStatus): MembershipStatus[] {
  const all = Object.entries(TRANSITIONS) as [MembershipStatus, readonly MembershipStatus[]][];
  return all.flatMap(([from, next]) => (next.includes(to) ? [from] : []));
}

const GIVES_BENEFITS: readonly MembershipStatus[] = ['trialing', 'active', 'past_due'];

type State = { status: MembershipStatus; endsAt: Date | null };

/** The status at an instant: what has run out is expired, also before the job that writes it down has come by. */
export function statusAt({ status, endsAt }: State, now: Date): MembershipStatus {
  return GIVES_BENEFITS.includes(status) && endsAt !== null && endsAt <= now ? 'expired' : status;
}

/** Whether the membership is over at the instant: only joining again brings it back. */
export function hasEnded(state: State, now: Date): boolean {
  return ['canceled', 'expired'].includes(statusAt(state, now));
}

/** Whether the membership gives its benefits at the instant. */
export function isMember(state: State, now: Date): boolean {
  return GIVES_BENEFITS.includes(statusAt(state, now));
}

type JoinableTier = { active: boolean; priceAmount: number | null; pointsThreshold: number | null };
export type JoinDecision = { ok: true } | { ok: false; reason: 'unknown' | 'paid' | 'points' };

/** Whether somebody may join the tier at once and for nothing. */
export function decideJoin(tier: JoinableTier | undefined): JoinDecision {
  if (!tier?.active) return { ok: false, reason: 'unknown' };
  if (tier.priceAmount !== null) return { ok: false, reason: 'paid' };
  return tier.pointsThreshold === null ? { ok: true } : { ok: false, reason: 'points' };
}

type Price = { amount: number; currency: string; interval: PriceInterval };

/** A price as the three columns of its tier. */
export function columnsOfPrice(price: Price | null) {
  const { amount = null, currency = null, interval = null } = price ?? {};
  return { priceAmount: amount, priceCurrency: currency, priceInterval: interval };
}
