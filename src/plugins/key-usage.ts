import fp from 'fastify-plugin';
import type { Deps } from '../context.ts';

/** Counts what API keys were used for. What a limit refused is no use: it would eat the quota that it protects. */
export const keyUsage = fp<{ deps: Deps }>(
  async (app, { deps }) => {
    app.addHook('onResponse', (request, reply, done) => {
      const { actor, clock } = request.ctx;
      const { statusCode } = reply;
      if (actor.type === 'apiKey' && statusCode !== 402 && statusCode !== 429) {
        const { tenantId, apiKeyId } = actor;
        const operation = request.routeOptions.schema?.operationId ?? 'none';
        deps.usage.count({ tenantId, apiKeyId, operation, failed: statusCode >= 400, at: clock.now() });
      }
      done();
    });
  },
  { name: 'key-usage', dependencies: ['request-context'] },
);
