import swaggerUi from '@fastify/swagger-ui';
import fp from 'fastify-plugin';

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

/** Swagger UI at /docs; the root leads there. */
export const docs = fp(
  async (app) => {
    await app.register(swaggerUi, {
      routePrefix: '/docs',
      staticCSP: DOCS_CSP,
      uiConfig: {
        persistAuthorization: true,
        displayRequestDuration: true,
        tryItOutEnabled: true,
        // All areas at a glance: of a list as long as all operations only a window is drawn.
        docExpansion: 'none',
        deepLinking: true,
      },
    });
    app.get('/', { schema: { hide: true } }, async (_request, reply) => reply.redirect('/docs'));
  },
  { name: 'docs', dependencies: ['openapi'] },
);
