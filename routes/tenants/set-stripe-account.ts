import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { SetStripeAccountBody, Tenant, TenantParams } from '#schemas/tenants.ts';
import { STRIPE_ACCOUNT_TAKEN, STRIPE_ACCOUNT_UNUSABLE } from '#src/tenants/errors.ts';
import { setStripeAccount } from '#src/tenants/set-stripe-account.ts';

export const setStripeAccountRoute: FastifyPluginAsyncZod = async (app) => {
  app.put(
    '/:tenantId/stripe-account',
    {
      config: { errors: [STRIPE_ACCOUNT_TAKEN, STRIPE_ACCOUNT_UNUSABLE] },
      schema: {
        operationId: 'setStripeAccount',
        tags: ['Tenants'],
        summary: 'Choose where card payments go',
        description:
          'By a platform admin, who knows whose account it is: a connected account that the platform may act for, or null for the account of the platform. What was begun goes on where it began.',
        params: TenantParams,
        body: SetStripeAccountBody,
        response: { 200: success(Tenant) },
      },
    },
    async (request) => ok(await setStripeAccount(request.ctx, { ...request.params, ...request.body })),
  );
};
