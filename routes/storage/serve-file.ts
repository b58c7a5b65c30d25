import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok } from '#schemas/envelope.ts';
import { drainBody, freeChunksOf } from '#src/lib/request-bodies.ts';
import { receiveFile } from '#src/storage/receive-file.ts';
import { serveFile } from '#src/storage/serve-file.ts';

type Named = { '*': string };
type Query = Record<string, unknown>;

/** The bytes of files, as they are: no operations of the API, but what its answers point to. */
export const serveFileRoutes: FastifyPluginAsyncZod = async (app) => {
  // The body is handed on as it comes.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));

  // Fastify's own HEAD reads a body to its end to throw it away, and breaks on none.
  app.route({
    method: ['GET', 'HEAD'],
    url: '/*',
    schema: { hide: true },
    handler: async (request, reply) => {
      const { range, 'if-none-match': ifNoneMatch } = request.headers;
      const asked = { name: (request.params as Named)['*'], query: request.query as Query };
      const ifRange = request.headers['if-range'] as string | undefined;
      const conditions = { isHead: request.method === 'HEAD', range, ifRange, ifNoneMatch };
      const { status, headers, body } = await serveFile(request.ctx, { ...asked, ...conditions });
      return reply.code(status).headers(headers).send(body);
    },
  });

  app.addHook('onError', async ({ raw }) => drainBody(raw));
  app.put('/*', { schema: { hide: true }, config: { takesFile: true } }, async (request) => {
    const asked = { name: (request.params as Named)['*'], query: request.query as Query };
    const sent = { contentType: request.headers['content-type'], body: request.raw };
    return ok(await receiveFile(request.ctx, { ...asked, ...sent, onDone: freeChunksOf(request.raw) }));
  });
};
