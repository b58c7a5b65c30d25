import { createRequire } from 'node:module';
import type { Redis } from 'ioredis';

export type SharedCounters = Redis;

type RedisLog = { warn(fields: object, message: string): void; info(fields: object, message: string): void };

/**
 * Counters shared by several processes. It fails fast and never holds a request: a command that cannot be sent now, or is
 * not answered soon, is an error for the caller to judge. Says once when it is lost and once when it is back.
 */
export function createRedis(url: string | undefined, log: RedisLog): SharedCounters | null {
  if (!url) return null;
  // Loaded only where it is used, and at once, because the application is built from it.
  const { Redis: Client } = createRequire(import.meta.url)('ioredis') as typeof import('ioredis');
  const redis = new Client(url, {
    connectTimeout: 1_000,
    commandTimeout: 500,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    retryStrategy: (attempt) => Math.min(attempt * 100, 1_000),
  });
  let isLost = false;
  redis.on('error', (error: NodeJS.ErrnoException) => {
    if (!isLost) log.warn({ code: error.code ?? error.name }, 'redis is not reachable: limits are not shared');
    isLost = true;
  });
  redis.on('ready', () => {
    if (isLost) log.info({}, 'redis is back');
    isLost = false;
  });
  return redis;
}
