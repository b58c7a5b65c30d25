import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { MembershipState } from '#schemas/memberships.ts';
import { TenantParams } from '#schemas/tenants.ts';
import { userCtx } from '#src/auth/user-ctx.ts';
import { getMembershipStatus } from '#src/memberships/get-membership-status.ts';

export const getMembershipStatusRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/tenants/:tenantId/membership/status',
    {
      schema: {
        operationId: 'getMembershipStatus',
        tags: ['Memberships'],
        summary: 'Am I a member?',
        description:
          'The whole state in one answer: tier with its benefits, points, end. `member` is false once it has ended.',
        params: TenantParams,
        response: { 200: success(MembershipState) },
      },
    },
    async (request) => ok(await getMembershipStatus(userCtx(request.ctx), request.params)),
  );
};
