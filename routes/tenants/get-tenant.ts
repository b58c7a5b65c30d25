import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { Tenant, TenantParams } from '#schemas/tenants.ts';
import { getTenant } from '#src/tenants/get-tenant.ts';

export const getTenantRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/:tenantId',
    {
      schema: {
        operationId: 'getTenant',
        tags: ['Tenants'],
        summary: 'A brand with its settings',
        params: TenantParams,
        response: { 200: success(Tenant) },
      },
    },
    async (request) => ok(await getTenant(request.ctx, request.params)),
  );
};
