import { AppError, SERVICE_UNAVAILABLE } from './errors.ts';

export type Gate = {
  run: <Result>(work: () => Promise<Result>) => Promise<Result>;
  stats: () => { running: number; waiting: number };
};

/** So many at a time, so many waiting for their turn; whoever comes then is told at once (503). */
export function createGate({ atOnce, maxWaiting }: { atOnce: number; maxWaiting: number }): Gate {
  const waiting: (() => void)[] = [];
  let running = 0;
  return {
    run: async (work) => {
      if (running >= atOnce) {
        if (waiting.length >= maxWaiting) throw new AppError(SERVICE_UNAVAILABLE, { retryAfterSeconds: 2 });
        await new Promise<void>((resolve) => waiting.push(resolve));
      } else running += 1;
      try {
        return await work();
      } finally {
        const next = waiting.shift();
        if (next) next();
        else running -= 1;
      }
    },
    stats: () => ({ running, waiting: waiting.length }),
  };
}
