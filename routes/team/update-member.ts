import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { TeamMember, TeamMemberParams, UpdateMemberBody } from '#schemas/team.ts';
import { userCtx } from '#src/auth/user-ctx.ts';
import { LAST_OWNER } from '#src/team/errors.ts';
import { updateMember } from '#src/team/update-member.ts';

export const updateMemberRoute: FastifyPluginAsyncZod = async (app) => {
  app.patch(
    '/:userId',
    {
      config: { errors: [LAST_OWNER] },
      schema: {
        operationId: 'updateMember',
        tags: ['Team'],
        summary: 'Change the role of a team member',
        params: TeamMemberParams,
        body: UpdateMemberBody,
        response: { 200: success(TeamMember) },
      },
    },
    async (request) => ok(await updateMember(userCtx(request.ctx), { ...request.params, ...request.body })),
  );
};
