import type { Db } from '#db/client.ts';
import { findClaimOfSubscription } from '#db/queries/coupon-claims.ts';
import { findCodeByKey } from '#db/queries/coupon-codes.ts';
import { findOwnedTier } from '#db/queries/effects.ts';
import { findMembershipState } from '#db/queries/memberships.ts';
import {
  findRunningSubscription,
  findSubscription,
  findSubscriptionByOnceKey,
  type SubscriptionRow,
} from '#db/queries/subscriptions.ts';
import { findTenant } from '#db/queries/tenants.ts';
import { findTier, type TierRow } from '#db/queries/tiers.ts';
import type { AskedCoupon } from '#schemas/payments.ts';
import type { SubscribeBody, Subscribed } from '#schemas/subscriptions.ts';
import { type Ctx, type UserActor, withTx } from '../context.ts';
import { codeKeyOf } from '../coupons/rules.ts';
import { withCoupons } from '../coupons/steps/with-coupons.ts';
import { onceKeyOf } from '../idempotency/rules.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { ALREADY_JOINED, TIER_BY_POINTS, TIER_UNKNOWN } from '../memberships/errors.ts';
import { presentMembership } from '../memberships/present-membership.ts';
import { AMOUNT_TOO_SMALL } from '../payments/errors.ts';
import { askedCoupons, minimumOf } from '../payments/rules.ts';
import { cardDepsOf } from '../payments/steps/start-card-payment.ts';
import { ALREADY_SUBSCRIBED, TIER_NOT_PAID } from './errors.ts';
import { isOver } from './rules.ts';
import { buyTier } from './steps/buy-tier.ts';
import { endUnpaid } from './steps/end-unpaid.ts';
import { openSubscription } from './steps/open-subscription.ts';
import { startSubscription } from './steps/start-subscription.ts';

/** A paid tier: by a subscription that renews, or once for good. The membership follows the payment. */
export async function subscribeToTier(ctx: Ctx<UserActor>, body: SubscribeBody): Promise<Subscribed> {
  const { tenantId } = body;
  const tier = await requirePaidTier(ctx, body);
  const asked = askedCoupons(body)[0] ?? null;
  if (tier.priceInterval === 'one_time') {
    await refuseSubscriber(ctx, tenantId);
    await refuseOwner(ctx, tier);
    const { payment, clientSecret } = await buyTier(ctx, { tier, asked });
    const { id: paymentId, status, account } = payment;
    return answer(ctx, { tenantId, subscriptionId: null, paymentId, status, clientSecret, stripeAccountId: account });
  }
  const row = (await findBegun(ctx, tenantId)) ?? (await begin(ctx, { tier, asked }));
  const { row: started, card } = await startSubscription(cardDepsOf(ctx), row);
  const clientSecret = card?.clientSecret ?? null;
  const { id: subscriptionId, status, account: stripeAccountId } = started;
  return answer(ctx, { tenantId, subscriptionId, paymentId: null, status, clientSecret, stripeAccountId });
}

type Wanted = { tier: TierRow; asked: AskedCoupon | null };

async function requirePaidTier(ctx: Ctx, { tenantId, tierId }: SubscribeBody): Promise<TierRow> {
  const tenant = await findTenant(ctx.db, tenantId);
  if (!tenant || tenant.status === 'suspended') throw new AppError(NOT_FOUND);
  const tier = await findTier(ctx.db, { tenantId, tierId });
  if (!tier?.active) throw new AppError(TIER_UNKNOWN);
  if (tier.priceAmount === null) throw new AppError(tier.pointsThreshold === null ? TIER_NOT_PAID : TIER_BY_POINTS);
  // The processor would let such a sum add up, and the period begin unpaid.
  const minimum = minimumOf(tier.priceCurrency ?? '');
  if (tier.priceAmount < minimum) throw new AppError(AMOUNT_TOO_SMALL, { minimum, currency: tier.priceCurrency });
  return tier;
}

/** The subscription would go on to be charged, and take with its next period what was bought for good. */
async function refuseSubscriber({ db, actor }: Ctx<UserActor>, tenantId: string): Promise<void> {
  const running = await findRunningSubscription(db, { tenantId, userId: actor.userId });
  if (!running || running.status === 'incomplete') return;
  throw new AppError(ALREADY_SUBSCRIBED, { subscriptionId: running.id });
}

/** What is kept for good need not be bought twice. */
async function refuseOwner({ db, actor }: Ctx<UserActor>, { tenantId, id: tierId }: TierRow): Promise<void> {
  const owned = await findOwnedTier(db, { tenantId, userId: actor.userId });
  if (owned === tierId) throw new AppError(ALREADY_JOINED);
}

async function findBegun(ctx: Ctx, tenantId: string): Promise<SubscriptionRow | undefined> {
  const once = onceKeyOf(ctx, tenantId);
  return once && findSubscriptionByOnceKey(ctx.db, once);
}

async function begin(ctx: Ctx<UserActor>, { tier, asked }: Wanted): Promise<SubscriptionRow> {
  const { tenantId } = tier;
  const { userId } = ctx.actor;
  const running = await findRunningSubscription(ctx.db, { tenantId, userId });
  if (running) return takeUp(ctx, { running, tier, asked });
  if (asked && 'code' in asked) await ctx.takeGuess(ctx);
  const subscriptionId = await withCoupons(ctx, { tenantId, userId, asked: asked ? [asked] : [] }, () =>
    withTx(ctx, (tx) => openSubscription(tx, { ctx, tier, userId, asked, now: ctx.clock.now() })),
  );
  const row = subscriptionId && (await findSubscription(ctx.db, { tenantId, subscriptionId }));
  if (row) return row;
  // Somebody has begun one at this very moment: the same person in another window, or the same request again.
  const begun = (await findBegun(ctx, tenantId)) ?? (await findRunningSubscription(ctx.db, { tenantId, userId }));
  if (!begun) throw new AppError(ALREADY_SUBSCRIBED);
  return takeUp(ctx, { running: begun, tier, asked });
}

/** Who comes back to a subscription that they have not paid yet goes on with it, or begins anew with another tier or coupon. */
async function takeUp(
  ctx: Ctx<UserActor>,
  { running, tier, asked }: Wanted & { running: SubscriptionRow },
): Promise<SubscriptionRow> {
  const refusal = new AppError(ALREADY_SUBSCRIBED, { subscriptionId: running.id });
  if (running.status !== 'incomplete') throw refusal;
  const { row } = await startSubscription(cardDepsOf(ctx), running);
  if (row.status !== 'incomplete' && !isOver(row.status)) throw refusal;
  const isSame = row.tierId === tier.id && (await hasCoupon(ctx.db, { row, asked }));
  if (isSame && !isOver(row.status)) return row;
  const ended = await endUnpaid(cardDepsOf(ctx), row);
  if (!isOver(ended.status)) throw refusal;
  return begin(ctx, { tier, asked });
}

/** Who names no coupon goes on with the one that they have named before. */
async function hasCoupon(
  db: Db,
  { row, asked }: { row: SubscriptionRow; asked: AskedCoupon | null },
): Promise<boolean> {
  if (asked === null) return true;
  const { tenantId, id: subscriptionId } = row;
  const claim = await findClaimOfSubscription(db, { tenantId, subscriptionId });
  if (claim?.status !== 'reserved') return false;
  if ('claimId' in asked) return claim.id === asked.claimId;
  const codeKey = codeKeyOf(asked.code);
  const code = codeKey === null ? undefined : await findCodeByKey(db, { tenantId, codeKey });
  return code?.couponId === claim.couponId && (!code.singleUse || code.id === claim.promotionCodeId);
}

type Outcome = Omit<Subscribed, 'publishableKey' | 'membership'> & { tenantId: string };

async function answer(ctx: Ctx<UserActor>, { tenantId, ...outcome }: Outcome): Promise<Subscribed> {
  const state = await findMembershipState(ctx.db, { tenantId, userId: ctx.actor.userId });
  const { membership, tier, tenant } = state ?? {};
  const shown = membership && tier && tenant ? presentMembership({ membership, tier, tenant }, ctx.clock.now()) : null;
  return { ...outcome, publishableKey: ctx.deps.cards.publishableKey, membership: shown };
}
