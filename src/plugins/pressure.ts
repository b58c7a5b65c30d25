import underPressure from '@fastify/under-pressure';
import fp from 'fastify-plugin';
import { LIMITS } from '../config.ts';
import { AppError, SERVICE_UNAVAILABLE } from '../lib/errors.ts';

/** An event loop that is late answers 503 to what arrives, until it has caught up. Health probes always pass. */
export const pressure = fp(
  async (app) => {
    await app.register(underPressure, {
      maxEventLoopDelay: LIMITS.maxEventLoopDelay,
      sampleInterval: 250,
      pressureHandler: (request) => {
        if (request.routeOptions.url?.includes('/health')) return;
        throw new AppError(SERVICE_UNAVAILABLE, { retryAfterSeconds: 2 });
      },
    });
  },
  { name: 'pressure' },
);
