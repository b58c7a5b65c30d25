import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { PageQuery } from '#schemas/common.ts';
import { okPage, pageOf } from '#schemas/envelope.ts';
import { Membership } from '#schemas/memberships.ts';
import { userCtx } from '#src/auth/user-ctx.ts';
import { listMyMemberships } from '#src/memberships/list-my-memberships.ts';

export const listMyMembershipsRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/memberships/user',
    {
      schema: {
        operationId: 'listMyMemberships',
        tags: ['Memberships'],
        summary: 'List my memberships',
        querystring: PageQuery,
        response: { 200: pageOf(Membership) },
      },
    },
    async (request) => okPage(await listMyMemberships(userCtx(request.ctx), request.query)),
  );
};
