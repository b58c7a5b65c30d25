import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { okPage, pageOf } from '#schemas/envelope.ts';
import { FilesQuery, StoredFile } from '#schemas/storage.ts';
import { NOT_FOUND } from '#src/lib/errors.ts';
import { listFiles } from '#src/storage/list-files.ts';

export const listFilesRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/files',
    {
      config: { errors: [NOT_FOUND] },
      schema: {
        operationId: 'listFiles',
        tags: ['Storage'],
        summary: 'Files that are there, newest first',
        querystring: FilesQuery,
        response: { 200: pageOf(StoredFile) },
      },
    },
    async (request) => okPage(await listFiles(request.ctx, request.query)),
  );
};
