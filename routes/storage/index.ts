import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { confirmUploadRoute } from './confirm-upload.ts';
import { deleteFileRoute } from './delete-file.ts';
import { getFileUrlRoute } from './get-file-url.ts';
import { getStorageUsageRoute } from './get-storage-usage.ts';
import { grantUploadRoute } from './grant-upload.ts';
import { listFilesRoute } from './list-files.ts';
import { uploadFileRoute } from './upload-file.ts';

export const storageRoutes: FastifyPluginAsyncZod = async (app) => {
  await app.register(uploadFileRoute);
  await app.register(grantUploadRoute);
  await app.register(confirmUploadRoute);
  await app.register(getFileUrlRoute);
  await app.register(listFilesRoute);
  await app.register(deleteFileRoute);
  await app.register(getStorageUsageRoute);
};
