import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { PageQuery } from '#schemas/common.ts';
import { okPage, pageOf } from '#schemas/envelope.ts';
import { TeamMember } from '#schemas/team.ts';
import { TenantParams } from '#schemas/tenants.ts';
import { listTeam } from '#src/team/list-team.ts';

export const listTeamRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '',
    {
      schema: {
        operationId: 'listTeam',
        tags: ['Team'],
        summary: 'List the team',
        params: TenantParams,
        querystring: PageQuery,
        response: { 200: pageOf(TeamMember) },
      },
    },
    async (request) => okPage(await listTeam(request.ctx, { ...request.params, ...request.query })),
  );
};
