import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { getReferralAnalyticsRoute } from './get-analytics.ts';

export const referralRoutes: FastifyPluginAsyncZod = async (app) => {
  await app.register(getReferralAnalyticsRoute);
};
