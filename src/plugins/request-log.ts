import fp from 'fastify-plugin';
import type { Actor } from '../context.ts';

/** One line a request, without headers, query or body. */
export const requestLog = fp(
  async (app) => {
    app.addHook('onResponse', (request, reply, done) => {
      const { actor, tenantId } = request.ctx;
      app.log.info(
        {
          requestId: request.id,
          operation: request.routeOptions.schema?.operationId ?? null,
          method: request.method,
          path: request.routeOptions.url ?? null,
          status: reply.statusCode,
          ms: Math.round(reply.elapsedTime * 100) / 100,
          actor: nameOf(actor),
          tenantId: tenantId ?? (request.params as { tenantId?: string } | undefined)?.tenantId ?? null,
        },
        'request',
      );
      done();
    });
  },
  { name: 'request-log', dependencies: ['request-context'] },
);

function nameOf(actor: Actor): string | null {
  if (actor.type === 'anonymous') return null;
  return actor.type === 'user' ? actor.userId : `key ${actor.apiKeyId}`;
}
