import closeWithGrace from 'close-with-grace';
import type { FastifyInstance } from 'fastify';
import type pino from 'pino';
import { buildApp } from './app.ts';
import { ConfigError, loadEnvFile, readSettings, type Settings } from './config.ts';
import type { Deps } from './context.ts';
import { type RunningWatch, runWatching } from './crypto/run-watching.ts';
import { createDeps } from './deps.ts';
import { seedDemoChain } from './embedded/demo-chain.ts';
import { seedDemoData } from './embedded/demo-data.ts';
import { type Embedded, startEmbedded } from './embedded/start-embedded.ts';
import { developmentSummary } from './embedded/summary.ts';
import { jobHandlers } from './job-handlers.ts';
import { LIMITS } from './lib/limits.ts';
import { returnMemory } from './lib/return-memory.ts';
import { createLogger } from './logger.ts';
import { prepareDatabase } from './prepare-database.ts';
import { type RunningCounts, runCounting } from './quests/run-counting.ts';
import { type RunningWebhooks, runWebhooks } from './webhooks/run-webhooks.ts';

type Running = {
  app: FastifyInstance;
  deps: Deps;
  embedded: Embedded;
  webhooks?: RunningWebhooks;
  counts?: RunningCounts;
  watch?: RunningWatch;
};

/** config → deps → app → listen → ready. What fails says so in one line and leaves nothing running. */
async function start(settings: Settings): Promise<Running> {
  const log = createLogger(settings);
  const embedded = await startEmbedded(settings, (line) => log.warn(line));
  const running = await build(embedded, log);
  const { app, deps } = running;
  try {
    await listen(app, settings);
    handleSignals(running);
    // Listening comes first: liveness answers, and readiness says what is missing, while the database comes up.
    // Makes the bucket where there is none. Readiness tells of a store that is down: that holds up nothing else.
    deps.storage.check().catch((err) => log.warn({ err }, 'the store of files does not answer'));
    await prepareDatabase(deps, { migrate: settings.NODE_ENV !== 'production', maxWaitMs: LIMITS.databaseAtStart });
    if (embedded.ownsDatabase) {
      await seedDemoData(deps);
      await seedDemoChain(deps).catch((err) => log.warn({ err }, 'the demo brand takes no crypto'));
    }
    if (settings.ROLE !== 'api') {
      await deps.jobs.work(jobHandlers(deps));
      running.webhooks = runWebhooks(deps);
      running.counts = runCounting(deps);
      running.watch = runWatching(deps);
    }
    // From here on its events find the tables, and who works on them. A worker answers probes only.
    if (settings.ROLE !== 'worker') embedded.stripe?.setWebhookUrl(`${reachable(app)}/api/v1/stripe/webhook`);
    if (settings.NODE_ENV === 'production') returnMemory();
  } catch (error) {
    await stop(running);
    throw error;
  }
  return running;
}

async function build(embedded: Embedded, log: pino.Logger): Promise<Running> {
  try {
    const deps = createDeps(embedded.config, log);
    return { app: await buildApp(deps, log), deps, embedded };
  } catch (error) {
    await embedded.stop();
    throw error;
  }
}

async function listen(app: FastifyInstance, { HOST, PORT }: Settings): Promise<void> {
  try {
    await app.listen({ host: HOST, port: PORT });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') throw new Error(`Port ${PORT} on ${HOST} is in use: stop what uses it, or set PORT.`);
    throw new Error(`Cannot listen on ${HOST}:${PORT} (${code}): set HOST and PORT.`);
  }
}

function handleSignals(running: Running): void {
  const { app, deps } = running;
  closeWithGrace({ delay: LIMITS.shutdown, logger: false }, async ({ err, signal }) => {
    if (err) app.log.fatal({ err }, 'uncaught error');
    app.log.info({ signal }, 'shutting down');
    // Balancers see 503 on readiness while requests are still served; then the listener closes.
    deps.lifecycle.draining = true;
    if (signal) await new Promise((resolve) => setTimeout(resolve, deps.config.SHUTDOWN_DRAIN_MS));
    await stop(running);
  });
}

async function stop({ app, deps, embedded, webhooks, counts, watch }: Running): Promise<void> {
  embedded.stripe?.setWebhookUrl(null);
  const sent = webhooks?.stop(LIMITS.lastWebhooks);
  const counted = counts?.stop();
  const watched = watch?.stop();
  // Who connected and sends nothing, or half a request, must not hold up the end; what is served has time to finish.
  const left = LIMITS.shutdown - deps.config.SHUTDOWN_DRAIN_MS - 1_000;
  const patience = setTimeout(() => app.server.closeAllConnections(), Math.min(LIMITS.lastRequests, left));
  await app.close();
  clearTimeout(patience);
  await app.unfinishedEnded(LIMITS.lastHandlers);
  await Promise.all([sent, counted, watched]);
  await deps.close();
  await embedded.stop();
}

function addressOf(app: FastifyInstance): string {
  const bound = app.server.address();
  if (bound === null || typeof bound === 'string') return String(bound);
  const { address, port, family } = bound;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

// Where this machine reaches it: all addresses is none to connect to.
function reachable(app: FastifyInstance): string {
  return addressOf(app).replace(/\/\/(0\.0\.0\.0|\[::\]):/, '//127.0.0.1:');
}

try {
  loadEnvFile();
  const settings = readSettings();
  const { app, embedded } = await start(settings);
  const address = addressOf(app);
  if (settings.NODE_ENV === 'production') app.log.info({ address }, 'ready');
  else process.stdout.write(developmentSummary(embedded.config, { address, hasDemo: embedded.ownsDatabase }));
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${error instanceof ConfigError ? message : `TTConnect did not start: ${message}`}\n`);
  process.exit(1);
}
