import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { createTenantRoute } from './create-tenant.ts';
import { getPublicTenantRoute } from './get-public-tenant.ts';
import { getTenantRoute } from './get-tenant.ts';
import { listPublicTenantsRoute } from './list-public-tenants.ts';
import { setStripeAccountRoute } from './set-stripe-account.ts';
import { setTenantStatusRoute } from './set-tenant-status.ts';
import { updateTenantRoute } from './update-tenant.ts';

export const tenantRoutes: FastifyPluginAsyncZod = async (app) => {
  await app.register(listPublicTenantsRoute);
  await app.register(getPublicTenantRoute);
  await app.register(createTenantRoute);
  await app.register(getTenantRoute);
  await app.register(updateTenantRoute);
  await app.register(setTenantStatusRoute);
  await app.register(setStripeAccountRoute);
};
