import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { ConfirmUploadBody, Uploaded } from '#schemas/storage.ts';
import { NOT_FOUND } from '#src/lib/errors.ts';
import { confirmUpload } from '#src/storage/confirm-upload.ts';
import {
  FILE_LIMIT_REACHED,
  STORAGE_QUOTA_EXCEEDED,
  UPLOAD_BEING_CHECKED,
  UPLOAD_MISSING,
  UPLOAD_REJECTED,
} from '#src/storage/errors.ts';

const REFUSALS = [UPLOAD_REJECTED, UPLOAD_MISSING, UPLOAD_BEING_CHECKED, STORAGE_QUOTA_EXCEEDED, FILE_LIMIT_REACHED];

export const confirmUploadRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/confirm',
    {
      config: { errors: [NOT_FOUND, ...REFUSALS] },
      schema: {
        operationId: 'confirmUpload',
        tags: ['Storage'],
        summary: 'Say that a file was sent as granted',
        description:
          'Its size, type and bytes are looked at: then it is `ready`, and can no longer be replaced. What is not as announced is deleted: `UPLOAD_REJECTED` with `details.reason`.',
        body: ConfirmUploadBody,
        response: { 200: success(Uploaded) },
      },
    },
    async (request) => ok({ file: await confirmUpload(request.ctx, request.body) }),
  );
};
