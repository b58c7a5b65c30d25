import fp from 'fastify-plugin';

/** One line a request, without headers, query or body. */
export const requestLog = fp(
  async (app) => {
    app.addHook('onResponse', (request, reply, done) => {
      const { actor } = request.ctx;
      app.log.info(
        {
          requestId: request.id,
          operation: request.routeOptions.schema?.operationId ?? null,
          method: request.method,
          path: request.routeOptions.url ?? null,
          status: reply.statusCode,
          ms: Math.round(reply.elapsedTime * 100) / 100,
          actor: actor.type === 'user' ? actor.userId : null,
          tenantId: (request.params as { tenantId?: string } | undefined)?.tenantId ?? null,
        },
        'request',
      );
      done();
    });
  },
  { name: 'request-log', dependencies: ['request-context'] },
);
