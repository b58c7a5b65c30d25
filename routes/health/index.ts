import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { getHealthRoute } from './get-health.ts';
import { getLivenessRoute } from './get-liveness.ts';
import { getReadinessRoute } from './get-readiness.ts';

/** The three probes: no authentication, no limit. `hide` leaves the copies at the root out of the document. */
export const healthRoutes: FastifyPluginAsyncZod<{ hide?: boolean }> = async (app, { hide = false }) => {
  await app.register(getHealthRoute, { hide });
  await app.register(getLivenessRoute, { hide });
  await app.register(getReadinessRoute, { hide });
};
