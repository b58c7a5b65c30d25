import fp from 'fastify-plugin';
import { fixedClock } from '../clients/clock.ts';
import type { Ctx, Deps } from '../context.ts';
import { AppError, VALIDATION_ERROR } from '../lib/errors.ts';

declare module 'fastify' {
  interface FastifyRequest {
    ctx: Ctx;
  }
}

const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i;
// Room on both sides for what is computed from it.
const EARLIEST = new Date('1971-01-01T00:00:00Z');
const LATEST = new Date('9000-01-01T00:00:00Z');
const ANONYMOUS = { type: 'anonymous' } as const;

/** Gives each request its `ctx` and each response its X-Request-Id. */
export const requestContext = fp<{ deps: Deps }>(
  async (app, { deps }) => {
    const hasTestClock = deps.config.TEST_CLOCK === 'on';
    const publicUrl = deps.config.PUBLIC_URL?.replace(/\/+$/, '');
    app.decorateRequest('ctx');
    app.addHook('onRequest', (request, reply, done) => {
      reply.header('x-request-id', request.id);
      // Clients move to another process before this one closes their idle connections under them.
      if (deps.lifecycle.draining) reply.header('connection', 'close');
      request.ctx = {
        deps,
        db: deps.db,
        actor: ANONYMOUS,
        tenantId: null,
        clock: deps.clock,
        baseUrl: publicUrl ?? `${request.protocol}://${request.host}`,
        requestId: request.id,
        onceKey: null,
        ipAddress: request.ip,
        userAgent: request.headers['user-agent']?.slice(0, 300) ?? null,
        isKeyLimited: app.isKeyLimited,
        takeGuess: app.takeGuess,
        signAccessToken: app.signAccessToken,
      };
      if (request.headers.host === undefined && request.raw.httpVersionMinor > 0)
        return done(invalidHeader('host', 'is required'));
      if (hasTestClock) {
        const instant = request.headers['x-test-clock'];
        if (instant !== undefined) return done(setTestClock(request.ctx, String(instant)));
      }
      done();
    });
  },
  { name: 'request-context', dependencies: ['access-tokens'] },
);

function invalidHeader(field: string, message: string): AppError {
  return new AppError(VALIDATION_ERROR, { errors: [{ location: 'headers', field, message }] });
}

function setTestClock(ctx: Ctx, text: string): Error | undefined {
  const instant = new Date(text);
  if (!RFC_3339.test(text) || !(instant >= EARLIEST && instant <= LATEST)) {
    return invalidHeader('x-test-clock', 'must be an RFC 3339 instant');
  }
  ctx.clock = fixedClock(instant);
  return undefined;
}
