import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { DeletedFile, FileParams } from '#schemas/storage.ts';
import { NOT_FOUND } from '#src/lib/errors.ts';
import { deleteFile } from '#src/storage/delete-file.ts';
import { FILE_IN_USE } from '#src/storage/errors.ts';

export const deleteFileRoute: FastifyPluginAsyncZod = async (app) => {
  app.delete(
    '/files/:key',
    {
      config: { errors: [NOT_FOUND, FILE_IN_USE] },
      schema: {
        operationId: 'deleteFile',
        tags: ['Storage'],
        summary: 'Delete a file',
        description:
          'Avatars and proofs by their owner or staff, documents by staff, logos and images of products by admins. What something shows stays: `FILE_IN_USE`.',
        params: FileParams,
        response: { 200: success(DeletedFile) },
      },
    },
    async (request) => ok(await deleteFile(request.ctx, request.params)),
  );
};
