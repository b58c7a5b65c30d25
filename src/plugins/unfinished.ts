import { setTimeout as sleep } from 'node:timers/promises';
import fp from 'fastify-plugin';

declare module 'fastify' {
  interface FastifyInstance {
    /** Resolves once no handler runs any more, at the latest after so many ms. */
    unfinishedEnded: (ms: number) => Promise<void>;
  }
}

/** Counts the handlers that run: one whose connection was cut still has something to put in order before the end. */
export const unfinished = fp(
  async (app) => {
    const running = new Set<PromiseLike<unknown>>();
    app.addHook('onRoute', (route) => {
      const handle = route.handler;
      route.handler = function (request, reply) {
        const answer = handle.call(this, request, reply) as unknown;
        if (answer instanceof Promise) {
          running.add(answer);
          const done = () => void running.delete(answer);
          answer.then(done, done);
        }
        return answer;
      };
    });
    app.decorate('unfinishedEnded', async (ms) => {
      await Promise.race([Promise.allSettled(running), sleep(ms, undefined, { ref: false })]);
    });
  },
  { name: 'unfinished' },
);
