import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { Deleted, ok, success } from '#schemas/envelope.ts';
import { TeamMemberParams } from '#schemas/team.ts';
import { userCtx } from '#src/auth/user-ctx.ts';
import { LAST_OWNER } from '#src/team/errors.ts';
import { removeMember } from '#src/team/remove-member.ts';

export const removeMemberRoute: FastifyPluginAsyncZod = async (app) => {
  app.delete(
    '/:userId',
    {
      config: { errors: [LAST_OWNER] },
      schema: {
        operationId: 'removeMember',
        tags: ['Team'],
        summary: 'Take somebody off the team, or leave it',
        params: TeamMemberParams,
        response: { 200: success(Deleted) },
      },
    },
    async (request) => ok(await removeMember(userCtx(request.ctx), request.params)),
  );
};
