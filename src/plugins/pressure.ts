import underPressure from '@fastify/under-pressure';
import fp from 'fastify-plugin';
import { AppError, SERVICE_UNAVAILABLE } from '../lib/errors.ts';

const SAMPLE_MS = 1_000;

/**
 * An event loop that is late on average over a second answers 503 to what arrives, until it has caught up; one long
 * stall is no overload. Health probes always pass, and so does everything while the process is still starting.
 */
export const pressure = fp<{ maxEventLoopDelay: number }>(
  async (app, { maxEventLoopDelay }) => {
    let measuring = false;
    app.addHook('onReady', (done) => {
      setTimeout(() => {
        measuring = true;
      }, 2 * SAMPLE_MS).unref();
      done();
    });
    await app.register(underPressure, {
      maxEventLoopDelay,
      sampleInterval: SAMPLE_MS,
      pressureHandler: (request) => {
        if (!measuring || request.routeOptions.url?.includes('/health')) return;
        throw new AppError(SERVICE_UNAVAILABLE, { retryAfterSeconds: 2 });
      },
    });
  },
  { name: 'pressure' },
);
