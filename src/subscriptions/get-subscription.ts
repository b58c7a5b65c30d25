import type { SubscriptionState } from '#schemas/subscriptions.ts';
import type { Ctx } from '../context.ts';
import { findSubscriptionFor } from './find-subscription.ts';
import { showState } from './show-state.ts';

export async function getSubscription(ctx: Ctx, input: { subscriptionId: string }): Promise<SubscriptionState> {
  return showState(ctx, await findSubscriptionFor(ctx, { ...input, toChange: false }));
}
