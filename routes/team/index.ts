import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { acceptInvitationRoute } from './accept-invitation.ts';
import { inviteMemberRoute } from './invite-member.ts';
import { listInvitationsRoute } from './list-invitations.ts';
import { listTeamRoute } from './list-team.ts';
import { removeMemberRoute } from './remove-member.ts';
import { revokeInvitationRoute } from './revoke-invitation.ts';
import { updateMemberRoute } from './update-member.ts';

export const teamRoutes: FastifyPluginAsyncZod = async (app) => {
  await app.register(listTeamRoute);
  await app.register(inviteMemberRoute);
  await app.register(acceptInvitationRoute);
  await app.register(listInvitationsRoute);
  await app.register(revokeInvitationRoute);
  await app.register(updateMemberRoute);
  await app.register(removeMemberRoute);
};
