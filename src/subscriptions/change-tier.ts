import { findPriceById } from '#db/queries/stripe-objects.ts';
import type { SubscriptionRow } from '#db/queries/subscriptions.ts';
import { findTier } from '#db/queries/tiers.ts';
import type { ChangedTier } from '#schemas/subscriptions.ts';
import type { Ctx } from '../context.ts';
import { AppError } from '../lib/errors.ts';
import { newId } from '../lib/ids.ts';
import { TIER_UNKNOWN } from '../memberships/errors.ts';
import { AMOUNT_TOO_SMALL, PAYMENT_REFUSED } from '../payments/errors.ts';
import { minimumOf } from '../payments/rules.ts';
import { cardDepsOf } from '../payments/steps/start-card-payment.ts';
import { CHANGE_PENDING, INTERVAL_MISMATCH, SUBSCRIPTION_ENDED, TIER_UNCHANGED } from './errors.ts';
import { findRunning } from './find-subscription.ts';
import { showState } from './show-state.ts';
import { ensurePrice } from './steps/start-subscription.ts';
import { syncSubscription } from './steps/sync-subscription.ts';

type Input = { subscriptionId: string; tierId: string };

/**
 * Changes the tier at once and charges the difference for the rest of the period (SB3). Until that is paid the old tier
 * stays, and the new one is shown as pending.
 */
export async function changeTier(ctx: Ctx, input: Input): Promise<ChangedTier> {
  const { row, change } = await prepare(ctx, input);
  // The same request again, whose answer was lost: it has changed the tier already.
  if (change === null) return { ...(await showState(ctx, row)), clientSecret: null };
  if (row.pendingTierId !== null) throw new AppError(CHANGE_PENDING);
  // Repeated under its Idempotency-Key it is the same change; without one each request is a new one.
  const idempotencyKey = `change-${row.id}-${input.tierId}-${ctx.onceKey ?? newId()}`;
  await ctx.deps.cards.changePrice({ ...change, idempotencyKey }).catch((error) => {
    const refusal = ctx.deps.cards.refusalOf(error);
    throw refusal ? new AppError(PAYMENT_REFUSED, { code: refusal.code }) : error;
  });
  const { row: changed, card } = await syncSubscription(cardDepsOf(ctx), row);
  return { ...(await showState(ctx, changed)), clientSecret: card?.clientSecret ?? null };
}

/** What the change would cost now. */
export async function previewTierChange(ctx: Ctx, input: Input): Promise<{ amount: number; currency: string }> {
  const { change } = await prepare(ctx, input);
  if (change === null) throw new AppError(TIER_UNCHANGED);
  return ctx.deps.cards.previewPriceChange(change);
}

async function prepare(ctx: Ctx, { tierId, ...input }: Input) {
  const { row, cardSubscriptionId: subscriptionId } = await findRunning(ctx, input);
  const { status, account } = row;
  // The rest of a period that is not paid would be credited, and pay for the cheaper tier.
  if (status === 'past_due') throw new AppError(SUBSCRIPTION_ENDED, { status });
  if (tierId === row.tierId && ctx.onceKey !== null) return { row, change: null };
  const priceId = await priceOf(ctx, { row, tierId });
  return { row, change: { account, subscriptionId, priceId } };
}

async function priceOf(ctx: Ctx, { row, tierId }: { row: SubscriptionRow; tierId: string }): Promise<string> {
  const { tenantId, account, priceId } = row;
  if (tierId === row.tierId) throw new AppError(TIER_UNCHANGED);
  const [tier, paid] = await Promise.all([
    findTier(ctx.db, { tenantId, tierId }),
    priceId === null ? undefined : findPriceById(ctx.db, { tenantId, priceId }),
  ]);
  if (!tier?.active) throw new AppError(TIER_UNKNOWN);
  const renews = tier.priceInterval === 'month' || tier.priceInterval === 'year';
  // The price that is paid: the old tier's may be another by now.
  const minimum = minimumOf(tier.priceCurrency ?? '');
  if ((tier.priceAmount ?? 0) < minimum) throw new AppError(AMOUNT_TOO_SMALL, { minimum });
  if (!renews || (paid && paid.currency !== tier.priceCurrency)) throw new AppError(INTERVAL_MISMATCH);
  return ensurePrice(ctx.deps, { tier, account });
}
