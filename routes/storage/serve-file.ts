import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok } from '#schemas/envelope.ts';
import { receiveFile } from '#src/storage/receive-file.ts';
import { serveFile } from '#src/storage/serve-file.ts';

type Named = { '*': string };
type Query = Record<string, unknown>;

/** The bytes of files, as they are: no operations of the API, but what its answers point to. */
export const serveFileRoutes: FastifyPluginAsyncZod = async (app) => {
  // The body is handed on as it comes.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));

  app.get('/*', { schema: { hide: true } }, async (request, reply) => {
    const { range, 'if-none-match': ifNoneMatch } = request.headers;
    const asked = { name: (request.params as Named)['*'], query: request.query as Query };
    const { status, headers, body } = await serveFile(request.ctx, { ...asked, range, ifNoneMatch });
    return reply.code(status).headers(headers).send(body);
  });

  app.put('/*', { schema: { hide: true }, config: { takesFile: true } }, async (request) => {
    const asked = { name: (request.params as Named)['*'], query: request.query as Query };
    const contentType = request.headers['content-type'];
    return ok(await receiveFile(request.ctx, { ...asked, contentType, body: request.raw }));
  });
};
