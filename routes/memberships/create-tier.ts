import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { CreateTierBody, Tier } from '#schemas/memberships.ts';
import { TenantParams } from '#schemas/tenants.ts';
import { createTier } from '#src/memberships/create-tier.ts';
import { TIER_CODE_TAKEN } from '#src/memberships/errors.ts';

export const createTierRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/memberships/tenant/:tenantId/tiers',
    {
      config: { errors: [TIER_CODE_TAKEN] },
      schema: {
        operationId: 'createTier',
        tags: ['Memberships'],
        summary: 'Make a tier',
        description: 'Without a price it is free and can be joined at once; with one it is subscribed to.',
        params: TenantParams,
        body: CreateTierBody,
        response: { 201: success(Tier) },
      },
    },
    async (request, reply) =>
      reply.code(201).send(ok(await createTier(request.ctx, { ...request.params, body: request.body }))),
  );
};
