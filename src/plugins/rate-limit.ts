import rateLimit, { type RateLimitOptions } from '@fastify/rate-limit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import type { Actor, ApiKeyActor, Ctx, Deps, TakeGuess } from '../context.ts';
import { networkOf } from '../lib/addresses.ts';
import { AppError, QUOTA_EXCEEDED, RATE_LIMITED, SERVICE_UNAVAILABLE } from '../lib/errors.ts';
import { RATE_LIMITS, type RateLimit, USER_REQUESTS_PER_MINUTE } from '../lib/limits.ts';
import { secondsUntil } from '../lib/time.ts';
import { computeQuota, PLAN_LIMITS } from '../plans/rules.ts';

declare module 'fastify' {
  interface FastifyInstance {
    isKeyLimited: Ctx['isKeyLimited'];
    takeGuess: TakeGuess;
    /** Takes one request of the user or key that authentication found, before anything is refused to them. */
    countPrincipal: (request: FastifyRequest, reply: FastifyReply) => Promise<void>;
  }
}

const MINUTE_MS = 60_000;
// Counters kept in memory for each bucket: beyond it the one unused longest goes.
const MAX_COUNTERS = 50_000;

type Limiter = ReturnType<FastifyInstance['createRateLimit']>;

/**
 * Two limits a request: by address before anybody is authenticated, in the bucket that the table of permissions names, and
 * by API key or user after it. In memory, or in Redis for several processes together.
 */
export const rateLimits = fp<{ deps: Deps }>(
  async (app, { deps }) => {
    if (deps.config.RATE_LIMITS === 'off') {
      app.decorate('isKeyLimited', async () => false).decorate('countPrincipal', async () => {});
      app.decorate('takeGuess', async () => {});
      return;
    }
    const shared = deps.redis && { redis: deps.redis.client, nameSpace: 'ttconnect:limit:' };
    const take = taker(deps.redis);
    await app.register(rateLimit, { global: false, ...shared });
    const byAddress = addressLimiters(app, deps.config.RATE_LIMIT_PER_ADDRESS);
    const byPrincipal = principalLimiter(app);

    app.decorate('isKeyLimited', async (key) => {
      const asked = { ctx: { actor: { type: 'apiKey', ...key } }, routeOptions: { config: {} } };
      const outcome = await byPrincipal(asked as unknown as FastifyRequest, { increment: false });
      return !outcome.isAllowed && outcome.remaining === 0;
    });
    app.decorate('takeGuess', guessTaker(app, deps.redis));
    app.addHook('onRequest', async (request, reply) => {
      const { permission } = request.routeOptions.config;
      if (permission?.limit === 'none') return;
      // What is no operation counts too: it is the cheapest to ask for.
      const bucket = permission?.limit ?? 'standard';
      await take(byAddress[bucket], { request, reply, isClosed: RATE_LIMITS[bucket].whenDown === 'closed' });
    });
    app.decorate('countPrincipal', async (request, reply) => {
      const { actor } = request.ctx;
      if (actor.type === 'apiKey') reply.header('x-ratelimit-plan', actor.plan);
      await take(byPrincipal, { request, reply });
      if (actor.type === 'apiKey') requireQuota(actor, request.ctx.clock.now());
    });
  },
  { name: 'rate-limits', dependencies: ['request-context', 'route-contract'] },
);

function addressLimiters(app: FastifyInstance, perAddress: number): Record<RateLimit, Limiter> {
  const limiters = Object.entries(RATE_LIMITS).map(([name, { max, seconds }]) => [
    name,
    create(app, {
      max: max ?? perAddress,
      timeWindow: seconds * 1000,
      keyGenerator: (request) => `${name}:${networkOf(request.ip)}`,
    }),
  ]);
  return Object.fromEntries(limiters);
}

function principalLimiter(app: FastifyInstance): Limiter {
  return create(app, {
    max: ({ ctx: { actor } }) => (actor.type === 'apiKey' ? limitOfKey(actor) : USER_REQUESTS_PER_MINUTE),
    timeWindow: MINUTE_MS,
    keyGenerator: ({ ctx }) => `${ctx.actor.type}:${idOf(ctx.actor)}`,
  });
}

/** Codes are guessed by people and keys that are known: each may try a number of them in a minute. */
function guessTaker(app: FastifyInstance, redis: Deps['redis']): TakeGuess {
  const { max, seconds } = RATE_LIMITS.guess;
  const limiter = create(app, {
    max,
    timeWindow: seconds * 1000,
    keyGenerator: ({ ctx: { actor, ipAddress } }) => `code:${idOf(actor) || networkOf(ipAddress)}`,
  });
  return async (who) => {
    const asked = { ctx: who, routeOptions: { config: {} } } as unknown as FastifyRequest;
    const outcome = redis?.isDown() ? null : await limiter(asked).catch(() => redis?.failed() ?? null);
    if (!outcome) throw new AppError(SERVICE_UNAVAILABLE);
    if (outcome.isAllowed || !outcome.isExceeded) return;
    throw new AppError(RATE_LIMITED, { retryAfterSeconds: Math.max(1, outcome.ttlInSeconds) });
  };
}

function limitOfKey({ plan, requestsPerMinute }: Pick<ApiKeyActor, 'plan' | 'requestsPerMinute'>): number {
  return Math.min(PLAN_LIMITS[plan].requestsPerMinute, requestsPerMinute ?? Number.POSITIVE_INFINITY);
}

function create(app: FastifyInstance, options: RateLimitOptions): Limiter {
  return app.createRateLimit({ cache: MAX_COUNTERS, ...options } as RateLimitOptions);
}

type Taking = { request: FastifyRequest; reply: FastifyReply; isClosed?: boolean };

/** Counts a request. Without its counter a bucket in which guessing pays is closed, any other is open. */
function taker(redis: Deps['redis']) {
  return async (limiter: Limiter, { request, reply, isClosed = false }: Taking): Promise<void> => {
    const outcome = redis?.isDown() ? null : await limiter(request).catch(() => redis?.failed() ?? null);
    if (outcome === null || outcome === undefined) {
      if (isClosed) throw new AppError(SERVICE_UNAVAILABLE);
      return;
    }
    if (outcome.isAllowed) return;
    const { max, remaining, ttlInSeconds, isExceeded } = outcome;
    reply.headers({
      'x-ratelimit-limit': max,
      'x-ratelimit-remaining': remaining,
      'x-ratelimit-reset': ttlInSeconds,
    });
    if (isExceeded) throw new AppError(RATE_LIMITED, { retryAfterSeconds: Math.max(1, ttlInSeconds) });
  };
}

function requireQuota({ plan, usedThisMonth }: Extract<Actor, { type: 'apiKey' }>, now: Date): void {
  const { limit, remaining, resetsAt } = computeQuota(plan, { used: usedThisMonth, now });
  if (remaining !== 0) return;
  throw new AppError(QUOTA_EXCEEDED, { plan, limit, resetsAt, retryAfterSeconds: secondsUntil(resetsAt, now) });
}

function idOf(actor: Actor): string {
  if (actor.type === 'anonymous') return '';
  return actor.type === 'user' ? actor.userId : actor.apiKeyId;
}
