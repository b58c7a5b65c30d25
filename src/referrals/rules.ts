import type {
  AttributionModel,
  ConversionStatus,
  ConvertingEvent,
  ReferralGift,
  ReferralRule,
  RuleFinding,
  Touch,
} from '#schemas/referrals.ts';
import { unaliasEmail } from '../coupons/identity-rules.ts';
import { addDays } from '../lib/time.ts';

export const DEFAULT_PROGRAMME = {
  active: true,
  landingUrl: null,
  offer: null,
  attribution: 'last_click' as const,
  windowDays: 90,
  holdDays: 14,
  convertsOn: 'purchase' as const,
  minimum: null,
  referrerRewards: [],
  referredRewards: [],
  milestones: [],
  maxPerReferrer: null,
  maxPerReferrerMonth: null,
  fraudMode: 'loose' as const,
};

/** More sign-ups than this of one referrer in an hour look made (RL8). */
export const MOST_SIGNUPS_AN_HOUR = 20;
/** So long after joining somebody is still new to the brand, for a client that tells of the sign-up late. Hours. */
const NEW_FOR_HOURS = 24;

type Span = { startsAt: Date | null; endsAt: Date | null } | null;
export type LinkFault = 'PROGRAMME_INACTIVE' | 'CAMPAIGN_NOT_STARTED' | 'CAMPAIGN_ENDED';

/** Why a link cannot bring anybody now, if so: the brand has paused its programme, or the campaign does not run. */
export function linkFault({
  programme,
  campaign,
  now,
}: {
  programme: { active: boolean } | null;
  campaign: Span;
  now: Date;
}): LinkFault | null {
  if (programme?.active === false) return 'PROGRAMME_INACTIVE';
  if (campaign?.startsAt && now < campaign.startsAt) return 'CAMPAIGN_NOT_STARTED';
  return campaign?.endsAt && now >= campaign.endsAt ? 'CAMPAIGN_ENDED' : null;
}

type Click = { id: string; linkId: string; source: string; createdAt: Date };
type Attributing = {
  clicks: readonly Click[];
  /** The link whose code the sign-up names. */
  linkId: string;
  model: AttributionModel;
  windowDays: number;
  now: Date;
};
export type Attribution = { touches: Touch[]; winner: { linkId: string; source: string; at: Date } | null };

/**
 * Who brought somebody: the last, or the first, click within the window of days (RL3). The code that the sign-up names
 * counts as a touch of now for whoever has no click on its link.
 */
export function attribute({ clicks, linkId, model, windowDays, now }: Attributing): Attribution {
  const named = clicks.some((click) => click.linkId === linkId)
    ? []
    : [{ id: null, linkId, source: 'direct', createdAt: now }];
  const all = [...clicks, ...named].sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime());
  const open = all.filter(({ createdAt }) => addDays(createdAt, windowDays) > now);
  const won = model === 'first_click' ? open[0] : open.at(-1);
  const touches = all.map((touch) => ({
    clickId: touch.id,
    linkId: touch.linkId,
    at: touch.createdAt.toISOString(),
    isWinner: touch === won,
  }));
  return { touches, winner: won ? { linkId: won.linkId, source: won.source, at: won.createdAt } : null };
}

type Signup = {
  referrer: { id: string; email: string | null };
  referred: { id: string; email: string | null };
  fault: LinkFault | null;
  isInWindow: boolean;
  joinedAt: Date | null;
  hasPaid: boolean;
  isCycle: boolean;
  isSameWallet: boolean;
  isSameCard: boolean;
  isDisposable: boolean;
  signupsThisHour: number;
  mode: 'loose' | 'strict';
  now: Date;
};

/** Every rule that speaks against a sign-up (RL8); what is only suspicious is held for review, or refused when strict. */
export function decideSignup(signup: Signup): RuleFinding[] {
  const { referrer, referred, fault, joinedAt, now } = signup;
  const emails = [referrer.email, referred.email].map((email) => email && unaliasEmail(email));
  const newSince = now.getTime() - NEW_FOR_HOURS * 3_600_000;
  const suspicious = signup.mode === 'strict' ? ('refused' as const) : ('review' as const);
  const all: [boolean, ReferralRule, RuleFinding['effect']][] = [
    [fault === 'PROGRAMME_INACTIVE', 'PROGRAMME_INACTIVE', 'refused'],
    [fault === 'CAMPAIGN_NOT_STARTED', 'CAMPAIGN_NOT_STARTED', 'refused'],
    [fault === 'CAMPAIGN_ENDED', 'CAMPAIGN_ENDED', 'refused'],
    [!signup.isInWindow, 'OUTSIDE_WINDOW', 'refused'],
    [referrer.id === referred.id, 'SELF_REFERRAL', 'refused'],
    [referrer.id !== referred.id && emails[0] != null && emails[0] === emails[1], 'SAME_EMAIL', 'refused'],
    [signup.isSameWallet, 'SAME_WALLET', 'refused'],
    [signup.isSameCard, 'SAME_CARD', 'refused'],
    [signup.isCycle, 'CYCLE', 'refused'],
    [signup.hasPaid || (joinedAt !== null && joinedAt.getTime() < newSince), 'NOT_NEW', 'refused'],
    [signup.isDisposable, 'DISPOSABLE_EMAIL', suspicious],
    [signup.signupsThisHour >= MOST_SIGNUPS_AN_HOUR, 'VELOCITY', suspicious],
  ];
  return all.flatMap(([holds, rule, effect]) => (holds ? [{ rule, effect }] : []));
}

type Money = { amount: number; currency: string };
type Converting = {
  event: ConvertingEvent;
  convertsOn: ConvertingEvent;
  isActive: boolean;
  isUnderReview: boolean;
  suspicions: readonly RuleFinding[];
  isSameWallet: boolean;
  isSameCard: boolean;
  hasReward: boolean;
  money: Money | null;
  minimum: Money | null;
};

/** Every rule that speaks against a conversion, or only against its rewards: a person is rewarded once (RL6). */
export function decideConversion(asked: Converting): RuleFinding[] {
  const { money, minimum } = asked;
  const isOtherCurrency = minimum !== null && money !== null && money.currency !== minimum.currency;
  const isBelow = minimum !== null && money !== null && !isOtherCurrency && money.amount < minimum.amount;
  const all: [boolean, ReferralRule, RuleFinding['effect']][] = [
    [!asked.isActive, 'PROGRAMME_INACTIVE', 'refused'],
    [asked.isSameWallet, 'SAME_WALLET', 'refused'],
    [asked.isSameCard, 'SAME_CARD', 'refused'],
    [isOtherCurrency, 'CURRENCY_MISMATCH', 'unrewarded'],
    [isBelow, 'BELOW_MINIMUM', 'unrewarded'],
    [asked.hasReward, 'ALREADY_CONVERTED', 'unrewarded'],
  ];
  const found = all.flatMap(([holds, rule, effect]) => (holds ? [{ rule, effect }] : []));
  return asked.isUnderReview ? [...found, ...asked.suspicions] : found;
}

/**
 * What speaks against a conversion that takes the place of one that was taken back: no longer that another is rewarded, but
 * a wallet or card that became known meanwhile.
 */
export function decideNext(
  findings: readonly RuleFinding[],
  shared: { isSameWallet: boolean; isSameCard: boolean },
): RuleFinding[] {
  const effect = 'unrewarded' as const;
  return [
    ...findings.filter(({ rule }) => rule !== 'ALREADY_CONVERTED'),
    ...(shared.isSameWallet ? [{ rule: 'SAME_WALLET' as const, effect }] : []),
    ...(shared.isSameCard ? [{ rule: 'SAME_CARD' as const, effect }] : []),
  ];
}

export type Limits = { maxPerReferrer: number | null; maxPerReferrerMonth: number | null };

/** Which limits of a referrer are reached: how many conversions are rewarded in all, and in the brand's month. */
export function limitFindings(limits: Limits, counted: { total: number; month: number }): RuleFinding[] {
  const { maxPerReferrer, maxPerReferrerMonth } = limits;
  const all: [boolean, ReferralRule][] = [
    [maxPerReferrer !== null && counted.total >= maxPerReferrer, 'LIMIT_TOTAL'],
    [maxPerReferrerMonth !== null && counted.month >= maxPerReferrerMonth, 'LIMIT_MONTH'],
  ];
  return all.flatMap(([holds, rule]) => (holds ? [{ rule, effect: 'unrewarded' as const }] : []));
}

/** Refused goes before review. */
export function statusOf(findings: readonly RuleFinding[]): 'refused' | 'review' | null {
  if (findings.some(({ effect }) => effect === 'refused')) return 'refused';
  return findings.some(({ effect }) => effect === 'review') ? 'review' : null;
}

/** Points among gifts. */
export function pointsOf(gifts: readonly ReferralGift[]): number {
  return gifts.reduce((sum, gift) => sum + (gift.kind === 'points' ? gift.points : 0), 0);
}

/** What can still be taken back. */
export const REVERSIBLE: ConversionStatus[] = ['counted', 'review'];

/** A code that was chosen is kept for its member for good, as it is printed and shared: so a link has so many at most. */
export const MOST_CHOSEN_CODES = 5;

/** Whether a link may get another code of its member's choice. */
export function canChooseCode(chosen: number): boolean {
  return chosen < MOST_CHOSEN_CODES;
}

const CODE = /^[A-Z0-9](?:[A-Z0-9_-]{1,62}[A-Z0-9])$/;

/** As a code is stored, in whatever case it was typed; null for what cannot be one. */
export function readReferralCode(typed: string): string | null {
  if (!/^[\x20-\x7e]+$/.test(typed)) return null;
  const code = typed.trim().toUpperCase();
  return CODE.test(code) ? code : null;
}
