import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { CreateTenantBody, Tenant } from '#schemas/tenants.ts';
import { userCtx } from '#src/auth/user-ctx.ts';
import { createTenant } from '#src/tenants/create-tenant.ts';
import { SUBDOMAIN_TAKEN } from '#src/tenants/errors.ts';

export const createTenantRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '',
    {
      config: { errors: [SUBDOMAIN_TAKEN] },
      schema: {
        operationId: 'createTenant',
        tags: ['Tenants'],
        summary: 'Make a brand',
        description: 'The caller becomes its owner.',
        body: CreateTenantBody,
        response: { 201: success(Tenant) },
      },
    },
    async (request, reply) => reply.code(201).send(ok(await createTenant(userCtx(request.ctx), request.body))),
  );
};
