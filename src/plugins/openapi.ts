import swagger from '@fastify/swagger';
import fp from 'fastify-plugin';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { roleFor } from '../auth/access.ts';
import { VERSION } from '../version.ts';
import { completeDocument, type OpenapiDocument, type OperationFacts } from './openapi-document.ts';

const DESCRIPTION = `One HTTP API for brands: memberships, products, payments, coupons, quests, referrals and files.

Every answer is an envelope: \`{ "success": true, "data": … }\`, or \`{ "success": false, "error": { "code", … } }\`.
Branch on \`error.code\`; each operation lists the codes that it can answer.
Sign in with **POST /api/v1/auth/login**, then send \`Authorization: Bearer <accessToken>\`
(here: the *Authorize* button). A server calls with an API key of its brand: \`X-API-Key: ttx_…\`.

A retry is safe with an \`Idempotency-Key\`. Limits are told in \`X-RateLimit-Limit\`, \`X-RateLimit-Remaining\` and
\`X-RateLimit-Reset\` (seconds), for API keys with \`X-RateLimit-Plan\`; a 429 says \`Retry-After\`.`;

const TAGS = [
  { name: 'Health', description: 'Probes for operators and balancers' },
  { name: 'Auth', description: 'Accounts, sign-in and sessions' },
  { name: 'Passwords', description: 'Forgotten and changed passwords, and proof of an e-mail address' },
  { name: 'Wallets', description: 'Sign-in with Ethereum (EIP-4361)' },
  { name: 'API keys', description: 'Keys of a brand for its servers, their limits and their use' },
  { name: 'Tenants', description: 'Brands and their public pages' },
  { name: 'Audit', description: 'Who changed what in a brand' },
  { name: 'Team', description: 'Who works on a brand, with which role' },
  { name: 'Stores', description: "A brand's stores, exactly one of them the default" },
  { name: 'Products', description: 'What a brand sells, and what its customers own' },
  { name: 'Webhooks', description: 'Where a brand is told what happened, and how that went' },
  { name: 'Events', description: 'What happened in a brand, to be read' },
  { name: 'Memberships', description: "A brand's tiers and who is a member" },
  { name: 'Coupons', description: 'What a brand takes off, for whom, and who has used it' },
  { name: 'Points', description: 'What members have earned: balances, purchases, expiry and leaderboards' },
  { name: 'Quests', description: 'What members do for points, day by day' },
  { name: 'Referrals', description: 'Links of members, who they bring, and what both get for it' },
  { name: 'Payments', description: 'What buyers pay, what they get back, and what their banks contest' },
  { name: 'Storage', description: 'Files: sent through this service or directly to where they are kept' },
  { name: 'Stripe', description: 'Payments and subscriptions by card, and what Stripe tells' },
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
        description: 'The accessToken of a session, or an API key',
      },
      apiKeyAuth: {
        type: 'apiKey' as const,
        in: 'header' as const,
        name: 'X-API-Key',
        description: 'An API key of a brand',
      },
    },
  },
};

/** The OpenAPI 3.1 document from the routes' schemas, at /api/v1/openapi.json. */
export const openapi = fp(
  async (app) => {
    const facts = new Map<string, OperationFacts>();
    app.addHook('onRoute', ({ schema, config, url }) => {
      if (!schema?.operationId || !config?.permission || !config.refusals) return;
      const { permission, refusals, isIdempotent = false } = config;
      const takesTenantHeader = roleFor(permission) !== null && !url.includes(':tenantId');
      const isLimited = permission.limit !== 'none';
      facts.set(schema.operationId, {
        refusals,
        isIdempotent,
        isLimited,
        etag: config.etag ?? null,
        takesTenantHeader,
      });
    });
    await app.register(swagger, {
      openapi: ABOUT,
      transform: jsonSchemaTransform,
      transformObject: (document) =>
        completeDocument(jsonSchemaTransformObject(document) as unknown as OpenapiDocument, facts) as never,
    });
    app.get('/api/v1/openapi.json', { schema: { hide: true } }, async () => app.swagger());
  },
  { name: 'openapi', dependencies: ['route-contract'] },
);
