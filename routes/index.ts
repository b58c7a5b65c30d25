import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { jwksRoute } from './auth/get-jwks.ts';
import { authRoutes } from './auth/index.ts';
import { healthRoutes } from './health/index.ts';
import { storeRoutes } from './stores/index.ts';
import { teamRoutes } from './team/index.ts';
import { tenantRoutes } from './tenants/index.ts';

const BASE = '/api/v1';

/** Every area of the API with its prefix. */
export const routes: FastifyPluginAsyncZod = async (app) => {
  // Balancers probe the root; the documented paths are those under the base path.
  await app.register(healthRoutes, { prefix: '/health', hide: true });
  await app.register(healthRoutes, { prefix: `${BASE}/health` });
  await app.register(jwksRoute);
  await app.register(authRoutes, { prefix: `${BASE}/auth` });
  await app.register(tenantRoutes, { prefix: `${BASE}/tenants` });
  await app.register(teamRoutes, { prefix: `${BASE}/tenants/:tenantId/team` });
  await app.register(storeRoutes, { prefix: `${BASE}/stores/tenant/:tenantId` });
};
