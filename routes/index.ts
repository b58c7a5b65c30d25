import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { apiKeyRoutes } from './api-keys/index.ts';
import { auditRoutes } from './audit/index.ts';
import { jwksRoute } from './auth/get-jwks.ts';
import { authRoutes } from './auth/index.ts';
import { couponRoutes } from './coupons/index.ts';
import { listEventsRoute } from './events/list-events.ts';
import { healthRoutes } from './health/index.ts';
import { membershipRoutes } from './memberships/index.ts';
import { passwordRoutes } from './passwords/index.ts';
import { paymentRoutes } from './payments/index.ts';
import { pointRoutes } from './points/index.ts';
import { productRoutes } from './products/index.ts';
import { questRoutes } from './quests/index.ts';
import { followLinkRoutes } from './referrals/follow-link.ts';
import { referralRoutes } from './referrals/index.ts';
import { storageRoutes } from './storage/index.ts';
import { serveFileRoutes } from './storage/serve-file.ts';
import { storeRoutes } from './stores/index.ts';
import { stripeRoutes } from './stripe/index.ts';
import { teamRoutes } from './team/index.ts';
import { tenantRoutes } from './tenants/index.ts';
import { walletRoutes } from './wallets/index.ts';
import { webhookRoutes } from './webhooks/index.ts';

const BASE = '/api/v1';

/** What a process that only runs jobs answers. */
export const probeRoutes: FastifyPluginAsyncZod = async (app) => {
  // Balancers probe the root; the documented paths are those under the base path.
  await app.register(healthRoutes, { prefix: '/health', hide: true });
  await app.register(healthRoutes, { prefix: `${BASE}/health` });
};

/** Every area of the API with its prefix. */
export const routes: FastifyPluginAsyncZod = async (app) => {
  await app.register(probeRoutes);
  await app.register(jwksRoute);
  await app.register(authRoutes, { prefix: `${BASE}/auth` });
  await app.register(passwordRoutes, { prefix: `${BASE}/auth` });
  await app.register(walletRoutes, { prefix: `${BASE}/auth/wallet` });
  await app.register(apiKeyRoutes, { prefix: `${BASE}/auth/api-keys` });
  await app.register(tenantRoutes, { prefix: `${BASE}/tenants` });
  await app.register(auditRoutes, { prefix: `${BASE}/tenants/:tenantId/audit` });
  await app.register(teamRoutes, { prefix: `${BASE}/tenants/:tenantId/team` });
  await app.register(membershipRoutes, { prefix: BASE });
  await app.register(pointRoutes, { prefix: BASE });
  await app.register(productRoutes, { prefix: `${BASE}/tenants` });
  await app.register(paymentRoutes, { prefix: `${BASE}/payments` });
  await app.register(stripeRoutes, { prefix: `${BASE}/stripe` });
  await app.register(couponRoutes, { prefix: `${BASE}/coupons` });
  await app.register(questRoutes, { prefix: `${BASE}/quests` });
  await app.register(referralRoutes, { prefix: `${BASE}/referrals` });
  await app.register(followLinkRoutes, { prefix: '/r' });
  await app.register(webhookRoutes, { prefix: `${BASE}/webhooks` });
  await app.register(listEventsRoute, { prefix: `${BASE}/events` });
  await app.register(storageRoutes, { prefix: `${BASE}/storage` });
  await app.register(serveFileRoutes, { prefix: '/files' });
  await app.register(storeRoutes, { prefix: `${BASE}/stores/tenant/:tenantId` });
};
