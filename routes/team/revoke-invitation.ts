import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { Deleted, ok, success } from '#schemas/envelope.ts';
import { InvitationParams } from '#schemas/team.ts';
import { revokeInvitation } from '#src/team/revoke-invitation.ts';

export const revokeInvitationRoute: FastifyPluginAsyncZod = async (app) => {
  app.delete(
    '/invitations/:invitationId',
    {
      schema: {
        operationId: 'revokeInvitation',
        tags: ['Team'],
        summary: 'Take an invitation back',
        params: InvitationParams,
        response: { 200: success(Deleted) },
      },
    },
    async (request) => ok(await revokeInvitation(request.ctx, request.params)),
  );
};
