import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { Invitation, InviteMemberBody } from '#schemas/team.ts';
import { TenantParams } from '#schemas/tenants.ts';
import { userCtx } from '#src/auth/user-ctx.ts';
import { ALREADY_MEMBER } from '#src/team/errors.ts';
import { inviteMember } from '#src/team/invite-member.ts';

export const inviteMemberRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '',
    {
      config: { errors: [ALREADY_MEMBER] },
      schema: {
        operationId: 'inviteMember',
        tags: ['Team'],
        summary: 'Invite somebody to the team',
        description:
          'Mails a token to the address, good for 7 days; inviting again replaces it. Nobody gives a role above their own. The answer is the same whether or not the address has an account.',
        params: TenantParams,
        body: InviteMemberBody,
        response: { 201: success(Invitation) },
      },
    },
    async (request, reply) =>
      reply.code(201).send(ok(await inviteMember(userCtx(request.ctx), { ...request.params, ...request.body }))),
  );
};
