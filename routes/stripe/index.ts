import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { cancelSubscriptionRoute } from './cancel-subscription.ts';
import { changeTierRoute } from './change-tier.ts';
import { createIntentRoute } from './create-intent.ts';
import { getStripeConfigRoute } from './get-stripe-config.ts';
import { getSubscriptionRoute } from './get-subscription.ts';
import { listStripeEventsRoute } from './list-stripe-events.ts';
import { previewTierChangeRoute } from './preview-tier-change.ts';
import { receiveStripeEventRoute } from './receive-stripe-event.ts';
import { replayStripeEventRoute } from './replay-stripe-event.ts';
import { resumeSubscriptionRoute } from './resume-subscription.ts';
import { subscribeToTierRoute } from './subscribe-to-tier.ts';
import { validateCouponRoute } from './validate-coupon.ts';

export const stripeRoutes: FastifyPluginAsyncZod = async (app) => {
  await app.register(createIntentRoute);
  await app.register(subscribeToTierRoute);
  await app.register(getSubscriptionRoute);
  await app.register(cancelSubscriptionRoute);
  await app.register(resumeSubscriptionRoute);
  await app.register(changeTierRoute);
  await app.register(previewTierChangeRoute);
  await app.register(getStripeConfigRoute);
  await app.register(validateCouponRoute);
  await app.register(receiveStripeEventRoute);
  await app.register(listStripeEventsRoute);
  await app.register(replayStripeEventRoute);
};
