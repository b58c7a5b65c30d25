import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { okPage, pageOf } from '#schemas/envelope.ts';
import { Member, MembersQuery } from '#schemas/memberships.ts';
import { TenantParams } from '#schemas/tenants.ts';
import { listMembers } from '#src/memberships/list-members.ts';

export const listMembersRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/memberships/tenant/:tenantId/members',
    {
      schema: {
        operationId: 'listMembers',
        tags: ['Memberships'],
        summary: 'List the members of a brand',
        description: 'Also those who left or ran out: filter by `status`.',
        params: TenantParams,
        querystring: MembersQuery,
        response: { 200: pageOf(Member) },
      },
    },
    async (request) => okPage(await listMembers(request.ctx, { ...request.params, ...request.query })),
  );
};
