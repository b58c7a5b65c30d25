import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';

/** The public key of the access tokens (RFC 7517), for services that check them by themselves. */
export const jwksRoute: FastifyPluginAsyncZod = async (app) => {
  app.get('/.well-known/jwks.json', { schema: { hide: true } }, async (_request, reply) =>
    reply.header('cache-control', 'public, max-age=3600').send(app.jwks),
  );
};
