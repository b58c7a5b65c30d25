import { findSubscriptionById, type SubscriptionRow } from '#db/queries/subscriptions.ts';
import type { Ctx } from '../context.ts';
import { AppError, FORBIDDEN, NOT_FOUND } from '../lib/errors.ts';
import { rolesIn } from '../payments/steps/roles-in.ts';
import { cardDepsOf } from '../payments/steps/start-card-payment.ts';
import { SUBSCRIPTION_ENDED } from './errors.ts';
import { isRunning } from './rules.ts';
import { syncSubscription } from './steps/sync-subscription.ts';

type Input = { subscriptionId: string; toChange?: boolean };

/** A subscription for its subscriber or an admin of the brand; staff see it, and change nothing. */
export async function findSubscriptionFor(
  ctx: Ctx,
  { subscriptionId, toChange = true }: Input,
): Promise<SubscriptionRow> {
  const row = await findSubscriptionById(ctx.db, subscriptionId);
  if (!row) throw new AppError(NOT_FOUND);
  if (ctx.actor.type === 'user' && ctx.actor.userId === row.userId) return row;
  const can = await rolesIn(ctx, row.tenantId);
  if (!can('staff')) throw new AppError(NOT_FOUND);
  if (toChange && !can('admin')) throw new AppError(FORBIDDEN);
  return row;
}

/** The same, while it renews, with what the processor calls it. It may have ended there without our having heard of it. */
export async function findRunning(ctx: Ctx, input: Input) {
  const { row } = await syncSubscription(cardDepsOf(ctx), await findSubscriptionFor(ctx, input));
  const { cardSubscriptionId } = row;
  if (!isRunning(row.status) || cardSubscriptionId === null) {
    throw new AppError(SUBSCRIPTION_ENDED, { status: row.status });
  }
  return { row, cardSubscriptionId };
}
