import fp from 'fastify-plugin';
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Deps } from '../context.ts';
import { AppError, UNAUTHORIZED } from '../lib/errors.ts';
import { isSameSecret } from '../lib/secrets.ts';

/** GET /metrics for Prometheus, behind METRICS_TOKEN; without the variable there is no such route. */
export const metrics = fp<{ deps: Deps }>(
  async (app, { deps }) => {
    const { METRICS_TOKEN: token } = deps.config;
    if (!token) return;
    const registry = new Registry();
    collectDefaultMetrics({ register: registry });
    const durations = new Histogram({
      name: 'http_request_duration_seconds',
      help: 'Time from the first byte of a request to the last of its answer, by operation and status',
      labelNames: ['operation', 'status'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
      registers: [registry],
    });
    new Gauge({
      name: 'password_hashes',
      help: 'Password hashes by state',
      labelNames: ['state'],
      registers: [registry],
      collect() {
        const { running, waiting } = deps.passwords.stats();
        this.set({ state: 'running' }, running);
        this.set({ state: 'waiting' }, waiting);
      },
    });

    app.addHook('onResponse', (request, reply, done) => {
      const operation = request.routeOptions.schema?.operationId ?? 'none';
      durations.labels(operation, String(reply.statusCode)).observe(reply.elapsedTime / 1000);
      done();
    });
    app.get('/metrics', { schema: { hide: true } }, async (request, reply) => {
      const given = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
      if (!isSameSecret(given, token)) throw new AppError(UNAUTHORIZED);
      return reply.type(registry.contentType).send(await registry.metrics());
    });
    app.addHook('onClose', async () => registry.clear());
  },
  { name: 'metrics', dependencies: ['route-contract'] },
);
