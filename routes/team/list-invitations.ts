import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { PageQuery } from '#schemas/common.ts';
import { okPage, pageOf } from '#schemas/envelope.ts';
import { Invitation } from '#schemas/team.ts';
import { TenantParams } from '#schemas/tenants.ts';
import { listInvitations } from '#src/team/list-invitations.ts';

export const listInvitationsRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/invitations',
    {
      schema: {
        operationId: 'listInvitations',
        tags: ['Team'],
        summary: 'List open invitations',
        params: TenantParams,
        querystring: PageQuery,
        response: { 200: pageOf(Invitation) },
      },
    },
    async (request) => okPage(await listInvitations(request.ctx, { ...request.params, ...request.query })),
  );
};
