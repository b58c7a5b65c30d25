import swagger from '@fastify/swagger';
import fp from 'fastify-plugin';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import type { Refusal } from '../lib/errors.ts';
import { VERSION } from '../version.ts';
import { completeDocument, type OpenapiDocument } from './openapi-document.ts';

const DESCRIPTION = `One HTTP API for brands: memberships, products, payments, coupons, quests, referrals and files.

Every answer is an envelope: \`{ "success": true, "data": … }\`, or \`{ "success": false, "error": { "code", … } }\`.
Branch on \`error.code\`; each operation lists the codes that it can answer.
Sign in with **POST /api/v1/auth/login**, then send \`Authorization: Bearer <accessToken>\`
(here: the *Authorize* button).`;

const TAGS = [
  { name: 'Health', description: 'Probes for operators and balancers' },
  { name: 'Auth', description: 'Accounts, sign-in and sessions' },
  { name: 'Tenants', description: 'Brands and their public pages' },
  { name: 'Team', description: 'Who works on a brand, with which role' },
  { name: 'Stores', description: "A brand's stores, exactly one of them the default" },
];

const ABOUT = {
  openapi: '3.1.0',
  info: {
    title: 'TTConnect',
    version: VERSION,
    description: DESCRIPTION,
    license: { name: 'MIT', identifier: 'MIT' },
  },
  servers: [{ url: '/', description: 'This server' }],
  tags: TAGS,
  components: {
    securitySchemes: {
      bearerAuth: {
        type: 'http' as const,
        scheme: 'bearer',
        bearerFormat: 'JWT',
        description: 'The accessToken of a session',
      },
    },
  },
};

/** The OpenAPI 3.1 document from the routes' schemas, at /api/v1/openapi.json. */
export const openapi = fp(
  async (app) => {
    const refusals = new Map<string, readonly Refusal[]>();
    app.addHook('onRoute', ({ schema, config }) => {
      if (schema?.operationId && config?.refusals) refusals.set(schema.operationId, config.refusals);
    });
    await app.register(swagger, {
      openapi: ABOUT,
      transform: jsonSchemaTransform,
      transformObject: (document) =>
        completeDocument(jsonSchemaTransformObject(document) as unknown as OpenapiDocument, refusals) as never,
    });
    app.get('/api/v1/openapi.json', { schema: { hide: true } }, async () => app.swagger());
  },
  { name: 'openapi', dependencies: ['route-contract'] },
);
