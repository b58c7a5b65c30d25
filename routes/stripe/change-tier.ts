import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { ChangedTier, ChangeTierBody, SubscriptionParams } from '#schemas/subscriptions.ts';
import { NOT_FOUND } from '#src/lib/errors.ts';
import { TIER_UNKNOWN } from '#src/memberships/errors.ts';
import { AMOUNT_TOO_SMALL, PAYMENT_REFUSED } from '#src/payments/errors.ts';
import { changeTier } from '#src/subscriptions/change-tier.ts';
import { CHANGE_PENDING, INTERVAL_MISMATCH, SUBSCRIPTION_ENDED, TIER_UNCHANGED } from '#src/subscriptions/errors.ts';

export const changeTierRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/subscriptions/:subscriptionId/change',
    {
      config: {
        errors: [
          AMOUNT_TOO_SMALL,
          CHANGE_PENDING,
          INTERVAL_MISMATCH,
          NOT_FOUND,
          PAYMENT_REFUSED,
          SUBSCRIPTION_ENDED,
          TIER_UNCHANGED,
          TIER_UNKNOWN,
        ],
      },
      schema: {
        operationId: 'changeTier',
        tags: ['Stripe'],
        summary: 'Change the tier of a subscription',
        description:
          'At once, and the difference for the rest of the period is charged or credited. Until it is paid the old tier stays, and the new one is `pendingTierId`.',
        params: SubscriptionParams,
        body: ChangeTierBody,
        response: { 200: success(ChangedTier) },
      },
    },
    async (request) => ok(await changeTier(request.ctx, { ...request.body, ...request.params })),
  );
};
