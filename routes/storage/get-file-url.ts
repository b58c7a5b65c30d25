import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { FileParams, FileUrl } from '#schemas/storage.ts';
import { NOT_FOUND } from '#src/lib/errors.ts';
import { getFileUrl } from '#src/storage/get-file-url.ts';

export const getFileUrlRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/url/:key',
    {
      config: { errors: [NOT_FOUND] },
      schema: {
        operationId: 'getFileUrl',
        tags: ['Storage'],
        summary: 'Where a file can be fetched',
        description:
          'Of a private file for its owner and the staff of its brand only, for five minutes; of a public one for good. Whatever a browser could run comes as an attachment.',
        params: FileParams,
        response: { 200: success(FileUrl) },
      },
    },
    async (request) => ok(await getFileUrl(request.ctx, request.params)),
  );
};
