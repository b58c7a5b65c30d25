import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import fp from 'fastify-plugin';

const EXPOSED = [
  'etag',
  'idempotent-replayed',
  'retry-after',
  'x-request-id',
  'x-ratelimit-limit',
  'x-ratelimit-plan',
  'x-ratelimit-remaining',
  'x-ratelimit-reset',
];

/** CORS without cookies, and the security headers of an API: nothing may frame, sniff or run an answer. */
export const httpHeaders = fp<{ origins: readonly string[] }>(
  async (app, { origins }) => {
    await app.register(cors, {
      origin: origins.includes('*') ? '*' : [...origins],
      methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
      exposedHeaders: EXPOSED,
      maxAge: 86_400,
      // Its refusal of an OPTIONS that is no preflight would be plain text.
      strictPreflight: false,
    });
    await app.register(helmet, {
      contentSecurityPolicy: {
        useDefaults: false,
        directives: { 'default-src': ["'none'"], 'frame-ancestors': ["'none'"] },
      },
      crossOriginResourcePolicy: { policy: 'cross-origin' },
      strictTransportSecurity: { maxAge: 31_536_000 },
    });
  },
  { name: 'http-headers' },
);
