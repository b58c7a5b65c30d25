import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { listAuditEntriesRoute } from './list-audit-entries.ts';

export const auditRoutes: FastifyPluginAsyncZod = async (app) => {
  await app.register(listAuditEntriesRoute);
};
