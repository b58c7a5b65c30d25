import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { SetTenantStatusBody, Tenant, TenantParams } from '#schemas/tenants.ts';
import { userCtx } from '#src/auth/user-ctx.ts';
import { ILLEGAL_STATUS_CHANGE } from '#src/tenants/errors.ts';
import { setTenantStatus } from '#src/tenants/set-tenant-status.ts';

export const setTenantStatusRoute: FastifyPluginAsyncZod = async (app) => {
  app.put(
    '/:tenantId/status',
    {
      config: { errors: [ILLEGAL_STATUS_CHANGE] },
      schema: {
        operationId: 'setTenantStatus',
        tags: ['Tenants'],
        summary: 'Close, reopen or suspend a brand',
        description:
          '`closing` leaves the directory while members settle their affairs; the owner may reopen. `suspended` hides the brand from the public and stops its changes, while its team may still read; only a platform admin suspends and lifts it.',
        params: TenantParams,
        body: SetTenantStatusBody,
        response: { 200: success(Tenant) },
      },
    },
    async (request) => ok(await setTenantStatus(userCtx(request.ctx), { ...request.params, ...request.body })),
  );
};
