import type { IncomingMessage } from 'node:http';
import fp from 'fastify-plugin';
import { LIMITS } from '../lib/limits.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Takes a file: as long as something arrives it may take longer than other requests. */
    takesFile?: boolean;
  }
}

type Timed = IncomingMessage & { bodyTimer?: NodeJS.Timeout };

/**
 * Ends what sends its body too slowly with 408, as Node does for headers: Node's own limit is one for all requests, and files
 * may take an hour.
 */
export const bodyTimeouts = fp(
  async (app) => {
    const { server } = app;
    const end = ({ socket }: IncomingMessage) => {
      const error = Object.assign(new Error('the body took too long'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });
      server.emit('clientError', error, socket);
    };
    server.prependListener('request', (request: Timed) => {
      const { headers } = request;
      if (headers['transfer-encoding'] === undefined && (headers['content-length'] ?? '0') === '0') return;
      const timer = setTimeout(end, LIMITS.requestTimeout, request);
      request.bodyTimer = timer;
      const stop = () => clearTimeout(timer);
      request.once('end', stop).once('close', stop);
    });
    app.addHook('onRoute', (route) => {
      if (!route.config?.takesFile) return;
      const own = route.onRequest ?? [];
      const hook = (request: { raw: Timed }, _reply: unknown, done: () => void) => {
        allowFile(request.raw, end);
        done();
      };
      route.onRequest = [...(Array.isArray(own) ? own : [own]), hook] as never;
    });
  },
  { name: 'body-timeouts' },
);

/** Ends it only when nothing more arrives. */
function allowFile(request: Timed, end: (request: IncomingMessage) => void): void {
  if (!request.bodyTimer) return;
  clearTimeout(request.bodyTimer);
  let seen = request.socket.bytesRead;
  const timer = setInterval(() => {
    const { bytesRead } = request.socket;
    if (bytesRead === seen) end(request);
    seen = bytesRead;
  }, LIMITS.fileSilence).unref();
  const stop = () => clearInterval(timer);
  request.once('end', stop).once('close', stop);
}
