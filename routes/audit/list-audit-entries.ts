import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { AuditEntry, AuditQuery } from '#schemas/audit.ts';
import { okPage, pageOf } from '#schemas/envelope.ts';
import { TenantParams } from '#schemas/tenants.ts';
import { listAuditEntries } from '#src/audit/list-audit-entries.ts';

export const listAuditEntriesRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '',
    {
      schema: {
        operationId: 'listAuditEntries',
        tags: ['Audit'],
        summary: 'Who changed what, newest first',
        description: 'Append-only: written in the transaction of each change, with secrets left out.',
        params: TenantParams,
        querystring: AuditQuery,
        response: { 200: pageOf(AuditEntry) },
      },
    },
    async (request) => okPage(await listAuditEntries(request.ctx, { ...request.params, ...request.query })),
  );
};
