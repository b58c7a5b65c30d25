import type { SubscriptionState } from '#schemas/subscriptions.ts';
import type { Ctx } from '../context.ts';
import { AppError } from '../lib/errors.ts';
import { cardDepsOf } from '../payments/steps/start-card-payment.ts';
import { SUBSCRIPTION_ENDED } from './errors.ts';
import { findSubscriptionFor } from './find-subscription.ts';
import { isOver, isRunning } from './rules.ts';
import { showState } from './show-state.ts';
import { endUnpaid } from './steps/end-unpaid.ts';
import { startSubscription } from './steps/start-subscription.ts';
import { syncSubscription } from './steps/sync-subscription.ts';

type Input = { subscriptionId: string; atPeriodEnd?: boolean | undefined };

/** Ends a subscription with its period, or at once. One whose period gives nothing ends at once in any case. */
export async function cancelSubscription(
  ctx: Ctx,
  { subscriptionId: id, atPeriodEnd = true }: Input,
): Promise<SubscriptionState> {
  const found = await findSubscriptionFor(ctx, { subscriptionId: id });
  const { row } = await startSubscription(cardDepsOf(ctx), found);
  const { status, account, cardSubscriptionId } = row;
  if (status === 'incomplete_expired') throw new AppError(SUBSCRIPTION_ENDED, { status });
  if (isOver(status) || cardSubscriptionId === null) return showState(ctx, row);
  if (status === 'incomplete') return showState(ctx, await endUnpaid(cardDepsOf(ctx), row));
  const call = { account, subscriptionId: cardSubscriptionId };
  if (atPeriodEnd && isRunning(status)) {
    await ctx.deps.cards.setCancelAtPeriodEnd({ ...call, cancelAtPeriodEnd: true });
  } else await ctx.deps.cards.cancelSubscription(call);
  return showState(ctx, (await syncSubscription(cardDepsOf(ctx), row)).row);
}
