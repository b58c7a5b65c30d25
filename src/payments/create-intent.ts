import type { CreatedIntent, CreateIntentBody } from '#schemas/payments.ts';
import type { Ctx, UserActor } from '../context.ts';
import { createPayment } from './create-payment.ts';

/** The same payment, as those expect it who know Stripe's intents. */
export async function createIntent(ctx: Ctx<UserActor>, body: CreateIntentBody): Promise<CreatedIntent> {
  const { payment, card } = await createPayment(ctx, { ...body, method: 'card' });
  const { id: paymentId, trackingId, amount, currency } = payment;
  const { clientSecret = null, paymentIntentId = null, stripeAccountId = null } = card ?? {};
  const { publishableKey } = ctx.deps.cards;
  const secret = { clientSecret, paymentIntentId, publishableKey, stripeAccountId };
  return { ...secret, trackingId, paymentId, amount, currency };
}
