import type { SubscriptionState } from '#schemas/subscriptions.ts';
import type { Ctx } from '../context.ts';
import { cardDepsOf } from '../payments/steps/start-card-payment.ts';
import { findRunning } from './find-subscription.ts';
import { showState } from './show-state.ts';
import { syncSubscription } from './steps/sync-subscription.ts';

/** Takes a cancellation back that waits for the end of the period. */
export async function resumeSubscription(ctx: Ctx, input: { subscriptionId: string }): Promise<SubscriptionState> {
  const { row, cardSubscriptionId: subscriptionId } = await findRunning(ctx, input);
  await ctx.deps.cards.setCancelAtPeriodEnd({ account: row.account, subscriptionId, cancelAtPeriodEnd: false });
  return showState(ctx, (await syncSubscription(cardDepsOf(ctx), row)).row);
}
