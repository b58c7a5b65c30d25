import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { GrantedUpload, GrantUploadBody, TenantHeader } from '#schemas/storage.ts';
import { TENANT_SUSPENDED } from '#src/auth/errors.ts';
import { NEW_FILE_REFUSALS } from '#src/storage/errors.ts';
import { grantUpload } from '#src/storage/grant-upload.ts';

export const grantUploadRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/presigned-url',
    {
      config: { errors: [...NEW_FILE_REFUSALS, TENANT_SUSPENDED] },
      schema: {
        operationId: 'grantUpload',
        tags: ['Storage'],
        summary: 'Ask to send a file directly to where it is kept',
        description:
          'With `POST`: a form with `fields` and then the `file`. With `PUT`: the bytes, with `headers`. Exactly as many bytes, of the type announced, until `expiresAt`; then confirm it. What is not confirmed within an hour more is gone.',
        headers: TenantHeader,
        body: GrantUploadBody,
        response: { 201: success(GrantedUpload) },
      },
    },
    async (request, reply) => {
      const input = { body: request.body, inHeader: request.headers['x-tenant-id'] };
      return reply.code(201).send(ok(await grantUpload(request.ctx, input)));
    },
  );
};
