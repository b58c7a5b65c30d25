import { type FastifyPluginAsyncZod, validatorCompiler } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { TenantHeader, Uploaded, UploadFields, UploadForm } from '#schemas/storage.ts';
import { TENANT_SUSPENDED } from '#src/auth/errors.ts';
import { VALIDATION_ERROR } from '#src/lib/errors.ts';
import { multipartForm } from '#src/plugins/multipart-form.ts';
import { NEW_FILE_REFUSALS, UPLOAD_BEING_CHECKED } from '#src/storage/errors.ts';
import { uploadFile } from '#src/storage/upload-file.ts';

export const uploadFileRoute: FastifyPluginAsyncZod = async (app) => {
  await app.register(multipartForm);
  app.post(
    '/upload',
    {
      config: {
        errors: [VALIDATION_ERROR, ...NEW_FILE_REFUSALS, TENANT_SUSPENDED, UPLOAD_BEING_CHECKED],
        takesFile: true,
      },
      schema: {
        operationId: 'uploadFile',
        tags: ['Storage'],
        summary: 'Send a file',
        description:
          'A form with one `file`. A file of more than 100 MiB comes after the other fields. What the file is is told from its first bytes; what is refused or breaks off leaves nothing. Who may send what: an avatar its person, a proof a member, a document staff, logos and images of products admins.',
        consumes: ['multipart/form-data'],
        headers: TenantHeader,
        body: UploadForm,
        response: { 201: success(Uploaded) },
      },
      // The form is read, and checked, as it arrives.
      validatorCompiler: (part) =>
        part.httpPart === 'body' ? (value) => ({ value }) : validatorCompiler(part as never),
    },
    async (request, reply) => {
      const { ctx, headers } = request;
      const announcedBytes = Number(headers['content-length'] ?? 0);
      const inHeader = headers['x-tenant-id'];
      const file = await request.readForm({
        schema: UploadFields,
        onFile: ({ file: bytes, filename, mimetype, onDone }, seen) => {
          const sent = { file: bytes, onDone, filename, declaredType: mimetype, announcedBytes, inHeader };
          return uploadFile(ctx, { ...sent, ...seen });
        },
      });
      return reply.code(201).send(ok({ file }));
    },
  );
};
