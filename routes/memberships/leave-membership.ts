import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { Membership } from '#schemas/memberships.ts';
import { TenantParams } from '#schemas/tenants.ts';
import { userCtx } from '#src/auth/user-ctx.ts';
import { NOT_JOINED, SUBSCRIPTION_RUNS } from '#src/memberships/errors.ts';
import { leaveMembership } from '#src/memberships/leave-membership.ts';

export const leaveMembershipRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/tenants/:tenantId/membership/leave',
    {
      config: { errors: [NOT_JOINED, SUBSCRIPTION_RUNS] },
      schema: {
        operationId: 'leaveMembership',
        tags: ['Memberships'],
        summary: 'Leave a brand',
        description: 'At once. Points are kept for a return. A membership that is paid ends with its subscription.',
        params: TenantParams,
        response: { 200: success(Membership) },
      },
    },
    async (request) => ok(await leaveMembership(userCtx(request.ctx), request.params)),
  );
};
