import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { createApiKeyRoute } from './create-api-key.ts';
import { getApiKeyRoute } from './get-api-key.ts';
import { getApiKeyUsageRoute } from './get-api-key-usage.ts';
import { listApiKeysRoute } from './list-api-keys.ts';
import { revokeApiKeyRoute } from './revoke-api-key.ts';
import { rotateApiKeyRoute } from './rotate-api-key.ts';
import { updateApiKeyRoute } from './update-api-key.ts';
import { verifyApiKeyRoute } from './verify-api-key.ts';

export const apiKeyRoutes: FastifyPluginAsyncZod = async (app) => {
  await app.register(listApiKeysRoute);
  await app.register(createApiKeyRoute);
  await app.register(verifyApiKeyRoute);
  await app.register(getApiKeyRoute);
  await app.register(updateApiKeyRoute);
  await app.register(revokeApiKeyRoute);
  await app.register(rotateApiKeyRoute);
  await app.register(getApiKeyUsageRoute);
};
