import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { JoinBody, Membership } from '#schemas/memberships.ts';
import { TenantParams } from '#schemas/tenants.ts';
import { userCtx } from '#src/auth/user-ctx.ts';
import { ALREADY_JOINED, TIER_BY_POINTS, TIER_NOT_FREE, TIER_UNKNOWN } from '#src/memberships/errors.ts';
import { joinMembership } from '#src/memberships/join-membership.ts';

export const joinMembershipRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/tenants/:tenantId/membership/join',
    {
      config: { errors: [ALREADY_JOINED, TIER_BY_POINTS, TIER_NOT_FREE, TIER_UNKNOWN] },
      schema: {
        operationId: 'joinMembership',
        tags: ['Memberships'],
        summary: 'Join a brand',
        description: 'A free tier, at once. Who left before comes back with the points of then.',
        params: TenantParams,
        body: JoinBody,
        response: { 201: success(Membership) },
      },
    },
    async (request, reply) =>
      reply.code(201).send(ok(await joinMembership(userCtx(request.ctx), { ...request.body, ...request.params }))),
  );
};
