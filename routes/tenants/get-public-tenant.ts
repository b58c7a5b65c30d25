import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { ok, success } from '#schemas/envelope.ts';
import { PublicTenant, SubdomainParams } from '#schemas/tenants.ts';
import { NOT_FOUND } from '#src/lib/errors.ts';
import { getPublicTenant } from '#src/tenants/get-public-tenant.ts';

export const getPublicTenantRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/public/:subdomain',
    {
      config: { errors: [NOT_FOUND], etag: 'read' },
      schema: {
        operationId: 'getPublicTenant',
        tags: ['Tenants'],
        summary: 'Public page of a brand',
        description:
          'Name, logo, colours, locale and currency. Carries an ETag; If-None-Match answers 304. Unknown and suspended are one 404.',
        params: SubdomainParams,
        response: { 200: success(PublicTenant), 304: z.null() },
      },
    },
    async (request, reply) => {
      const { tenant, etag } = await getPublicTenant(request.ctx, request.params);
      return reply.sendTagged(etag, ok(tenant));
    },
  );
};
