import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import Fastify from 'fastify';
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
].join(', ');

declare module 'fastify' {
  interface FastifyInstance {
    /** For the answers that no hook sees: those of the router. */
    standardHeaders: Record<string, string>;
  }
}

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
    const security = await securityHeaders();
    const shared = origins.includes('*') && {
      'access-control-allow-origin': '*',
      'access-control-expose-headers': EXPOSED,
    };
    app.decorate('standardHeaders', { ...security, ...shared });
    app.addHook('onRequest', (_request, reply, done) => {
      reply.headers(security);
      done();
    });
  },
  { name: 'http-headers' },
);

/** Helmet makes the same headers for each answer, which costs 10 to 20 µs: an app of their own makes them once. */
async function securityHeaders(): Promise<Record<string, string>> {
  const app = Fastify();
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { 'default-src': ["'none'"], 'frame-ancestors': ["'none'"] },
    },
    crossOriginResourcePolicy: { policy: 'cross-origin' },
    strictTransportSecurity: { maxAge: 31_536_000 },
    // These are about documents and plug-ins in browsers: an API answers none.
    crossOriginOpenerPolicy: false,
    originAgentCluster: false,
    xDnsPrefetchControl: false,
    xDownloadOptions: false,
    xPermittedCrossDomainPolicies: false,
    xXssProtection: false,
  });
  app.get('/', async (_request, reply) => reply.raw.getHeaders());
  const headers = (await app.inject('/')).json();
  await app.close();
  return headers;
}
