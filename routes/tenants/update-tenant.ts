import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { Tenant, TenantParams, UpdateTenantBody } from '#schemas/tenants.ts';
import { CUSTOM_DOMAIN_TAKEN } from '#src/tenants/errors.ts';
import { updateTenant } from '#src/tenants/update-tenant.ts';

export const updateTenantRoute: FastifyPluginAsyncZod = async (app) => {
  app.patch(
    '/:tenantId',
    {
      config: { errors: [CUSTOM_DOMAIN_TAKEN] },
      schema: {
        operationId: 'updateTenant',
        tags: ['Tenants'],
        summary: 'Change the settings of a brand',
        description: 'Only the fields given change. The subdomain is for good.',
        params: TenantParams,
        body: UpdateTenantBody,
        response: { 200: success(Tenant) },
      },
    },
    async (request) => ok(await updateTenant(request.ctx, { tenantId: request.params.tenantId, change: request.body })),
  );
};
