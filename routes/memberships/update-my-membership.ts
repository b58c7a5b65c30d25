import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { Membership, UpdateMyMembershipBody } from '#schemas/memberships.ts';
import { TenantParams } from '#schemas/tenants.ts';
import { userCtx } from '#src/auth/user-ctx.ts';
import { NOT_JOINED } from '#src/memberships/errors.ts';
import { updateMyMembership } from '#src/memberships/update-my-membership.ts';

export const updateMyMembershipRoute: FastifyPluginAsyncZod = async (app) => {
  app.patch(
    '/tenants/:tenantId/membership',
    {
      config: { errors: [NOT_JOINED] },
      schema: {
        operationId: 'updateMyMembership',
        tags: ['Memberships'],
        summary: 'Hide or show my name',
        description: 'On the leaderboards of the brand. The caller still sees their own.',
        params: TenantParams,
        body: UpdateMyMembershipBody,
        response: { 200: success(Membership) },
      },
    },
    async (request) => ok(await updateMyMembership(userCtx(request.ctx), { ...request.params, body: request.body })),
  );
};
