import Fastify, { type FastifyInstance, LogController } from 'fastify';
import { createSerializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import type pino from 'pino';
import { probeRoutes, routes } from '#routes/index.ts';
import type { Config } from './config.ts';
import type { Deps } from './context.ts';
import { LIMITS } from './lib/limits.ts';
import { requestIdFrom } from './lib/request-id.ts';
import { accessTokens } from './plugins/access-tokens.ts';
import { auth } from './plugins/auth.ts';
import { bodyTimeouts } from './plugins/body-timeouts.ts';
import { answerClientError } from './plugins/client-errors.ts';
import { docs } from './plugins/docs.ts';
import { errors, sendFailure } from './plugins/errors.ts';
import { httpHeaders } from './plugins/http-headers.ts';
import { idempotency } from './plugins/idempotency.ts';
import { jsonBody } from './plugins/json-body.ts';
import { keyUsage } from './plugins/key-usage.ts';
import { metrics } from './plugins/metrics.ts';
import { openapi } from './plugins/openapi.ts';
import { pressure } from './plugins/pressure.ts';
import { rateLimits } from './plugins/rate-limit.ts';
import { requestContext } from './plugins/request-context.ts';
import { requestLog } from './plugins/request-log.ts';
import { routeContract } from './plugins/route-contract.ts';
import { tagged } from './plugins/tagged.ts';
import { unfinished } from './plugins/unfinished.ts';

/** The application from its parts. Reads no environment and does not listen. */
export async function buildApp(deps: Deps, log: pino.Logger): Promise<FastifyInstance> {
  const { config } = deps;
  const app = createServer(config, log);
  // An expectation that we do not know may be ignored (RFC 9110, 10.1.1); Node's own 417 has no body.
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response));
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(createSerializerCompiler({}));

  await app.register(errors);
  await app.register(bodyTimeouts);
  await app.register(routeContract);
  await app.register(unfinished);
  await app.register(accessTokens, { config });
  await app.register(requestContext, { deps });
  await app.register(requestLog);
  await app.register(httpHeaders, { origins: config.CORS_ORIGINS });
  await app.register(pressure, { maxEventLoopDelay: config.MAX_EVENT_LOOP_DELAY_MS });
  await app.register(jsonBody);
  await app.register(tagged);
  await app.register(metrics, { deps });
  await app.register(rateLimits, { deps });
  await app.register(auth);
  await app.register(keyUsage, { deps });
  await app.register(idempotency, { secret: config.APP_SECRET });
  await app.register(openapi);
  await app.register(docs);
  await app.register(config.ROLE === 'worker' ? probeRoutes : routes);
  return app;
}

function createServer(config: Config, log: pino.Logger): FastifyInstance {
  const app: FastifyInstance = Fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    // One logger for all requests: a child for each costs more than the request line that carries its id.
    childLoggerFactory: (logger) => logger,
    requestIdHeader: false,
    genReqId: (request) => requestIdFrom(request.headers['x-request-id']),
    trustProxy: config.TRUST_PROXY.length > 0 ? [...config.TRUST_PROXY] : false,
    bodyLimit: LIMITS.bodyBytes,
    // Of a file: all others have less (plugins/body-timeouts.ts).
    requestTimeout: LIMITS.fileTimeout,
    keepAliveTimeout: LIMITS.keepAliveTimeout,
    http: {
      headersTimeout: LIMITS.headersTimeout,
      connectionsCheckingInterval: LIMITS.connectionsCheckingInterval,
      // Node's own refusal has no body: request-context refuses in the envelope.
      requireHostHeader: false,
    },
    forceCloseConnections: 'idle',
    // What still arrives while the listener closes is answered by its route, as everything was before.
    return503OnClosing: false,
    clientErrorHandler: answerClientError,
    frameworkErrors: (error, request, reply) => {
      reply.headers({ ...app.standardHeaders, 'x-request-id': request.id });
      sendFailure(request as never, reply as never, error);
    },
    routerOptions: { maxParamLength: 300, ignoreTrailingSlash: true },
  }) as unknown as FastifyInstance;
  return app;
}
