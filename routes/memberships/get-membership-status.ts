import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { MembershipState, StatusQuery } from '#schemas/memberships.ts';
import { TenantParams } from '#schemas/tenants.ts';
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
          'The whole state in one answer: tier with its benefits, points, end. `member` is false once it has ended. An API key of the brand asks for one of its customers by `userId`.',
        params: TenantParams,
        querystring: StatusQuery,
        response: { 200: success(MembershipState) },
      },
    },
    async (request) => ok(await getMembershipStatus(request.ctx, { ...request.params, ...request.query })),
  );
};
