import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { ChangeTierQuery, SubscriptionParams, TierChangePreview } from '#schemas/subscriptions.ts';
import { NOT_FOUND } from '#src/lib/errors.ts';
import { TIER_UNKNOWN } from '#src/memberships/errors.ts';
import { AMOUNT_TOO_SMALL } from '#src/payments/errors.ts';
import { previewTierChange } from '#src/subscriptions/change-tier.ts';
import { CHANGE_PENDING, INTERVAL_MISMATCH, SUBSCRIPTION_ENDED, TIER_UNCHANGED } from '#src/subscriptions/errors.ts';

export const previewTierChangeRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/subscriptions/:subscriptionId/change',
    {
      config: {
        errors: [
          AMOUNT_TOO_SMALL,
          CHANGE_PENDING,
          INTERVAL_MISMATCH,
          NOT_FOUND,
          SUBSCRIPTION_ENDED,
          TIER_UNCHANGED,
          TIER_UNKNOWN,
        ],
      },
      schema: {
        operationId: 'previewTierChange',
        tags: ['Stripe'],
        summary: 'What a change of tier would cost',
        description: 'Now, for the rest of the period. It changes nothing.',
        params: SubscriptionParams,
        querystring: ChangeTierQuery,
        response: { 200: success(TierChangePreview) },
      },
    },
    async (request) => ok(await previewTierChange(request.ctx, { ...request.query, ...request.params })),
  );
};
