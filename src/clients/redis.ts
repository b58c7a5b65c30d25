import { createRequire } from 'node:module';
import type { Redis } from 'ioredis';

/** Counters shared by several processes, and whether they can be asked now. */
export type SharedCounters = { client: Redis; isDown: () => boolean; failed: () => null; close: () => void };

type RedisLog = { warn(fields: object, message: string): void; info(fields: object, message: string): void };

const PAUSE_MS = 2_000;

/**
 * Fails fast and holds no request: after a command that was not answered, none is sent for two seconds, so that a server
 * that hangs costs one of them half a second now and then, not each. Says once when it is lost and once when it is back.
 */
export function createRedis(url: string | undefined, log: RedisLog): SharedCounters | null {
  if (!url) return null;
  // Loaded only where it is used, and at once, because the application is built from it.
  const { Redis: Client } = createRequire(import.meta.url)('ioredis') as typeof import('ioredis');
  const client = new Client(url, {
    connectTimeout: 1_000,
    commandTimeout: 500,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    retryStrategy: (attempt) => Math.min(attempt * 100, 1_000),
  });
  let downUntil = 0;
  let isLost = false;
  const lost = (code: string) => {
    if (!isLost) log.warn({ code }, 'redis does not answer: limits are off, and closed where guessing pays');
    isLost = true;
  };
  client.on('error', (error: NodeJS.ErrnoException) => lost(error.code ?? error.name));
  client.on('ready', () => {
    if (isLost) log.info({}, 'redis is back');
    isLost = false;
    downUntil = 0;
  });
  return {
    client,
    isDown: () => performance.now() < downUntil,
    failed: () => {
      downUntil = performance.now() + PAUSE_MS;
      return null;
    },
    close: () => client.disconnect(),
  };
}
