import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
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

// Swagger UI inserts style elements of its own; scripts come from its files alone.
const DOCS_CSP = {
  'default-src': ["'self'"],
  'base-uri': ["'self'"],
  'frame-ancestors': ["'none'"],
  'img-src': ["'self'", 'data:'],
  'object-src': ["'none'"],
  'script-src': ["'self'"],
  'style-src': ["'self'", "'unsafe-inline'"],
};

/** The OpenAPI 3.1 document from the routes' schemas, at /api/v1/openapi.json, and Swagger UI at /docs. */
export const openapi = fp(
  async (app) => {
    const refusals = new Map<string, readonly Refusal[]>();
    app.addHook('onRoute', ({ schema, config }) => {
      if (schema?.operationId && config?.refusals) refusals.set(schema.operationId, config.refusals);
    });
    await app.register(swagger, {
      openapi: {
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
              type: 'http',
              scheme: 'bearer',
              bearerFormat: 'JWT',
              description: 'The accessToken of a session',
            },
          },
        },
      },
      transform: jsonSchemaTransform,
      transformObject: (document) =>
        completeDocument(jsonSchemaTransformObject(document) as unknown as OpenapiDocument, refusals) as never,
    });
    await app.register(swaggerUi, {
      routePrefix: '/docs',
      staticCSP: DOCS_CSP,
      uiConfig: {
        persistAuthorization: true,
        displayRequestDuration: true,
        tryItOutEnabled: true,
        docExpansion: 'list',
      },
    });
    app.get('/api/v1/openapi.json', { schema: { hide: true } }, async () => app.swagger());
    app.get('/', { schema: { hide: true } }, async (_request, reply) => reply.redirect('/docs'));
  },
  { name: 'openapi', dependencies: ['route-contract'] },
);
