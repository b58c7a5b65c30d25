import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { AcceptInvitationBody, TeamMember } from '#schemas/team.ts';
import { TenantParams } from '#schemas/tenants.ts';
import { userCtx } from '#src/auth/user-ctx.ts';
import { acceptInvitation } from '#src/team/accept-invitation.ts';
import { INVITATION_INVALID } from '#src/team/errors.ts';

export const acceptInvitationRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/accept',
    {
      config: { errors: [INVITATION_INVALID] },
      schema: {
        operationId: 'acceptInvitation',
        tags: ['Team'],
        summary: 'Accept an invitation',
        description: 'Only for an account with the invited e-mail, and only with the token that was mailed there.',
        params: TenantParams,
        body: AcceptInvitationBody,
        response: { 200: success(TeamMember) },
      },
    },
    async (request) => ok(await acceptInvitation(userCtx(request.ctx), { ...request.params, ...request.body })),
  );
};
