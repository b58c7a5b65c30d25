import { Writable } from 'node:stream';
import type { FastifyInstance, InjectOptions } from 'fastify';
import pino from 'pino';
import { afterAll, expect } from 'vitest';
import { buildApp } from '#src/app.ts';
import type { Mail } from '#src/clients/mail.ts';
import { createWebhooks } from '#src/clients/webhooks.ts';
import type { Deps } from '#src/context.ts';
import { createDeps } from '#src/deps.ts';
import { jobHandlers } from '#src/job-handlers.ts';
import { describeError } from '#src/logger.ts';
import { testConfig } from './config.ts';
import { createTestDatabase } from './database.ts';
import { findBadEvents } from './event-checker.ts';
import { paperChain } from './paper-chain.ts';
import { responseChecker } from './response-checker.ts';
import { type Sandbox, startSandbox } from './stripe-sandbox.ts';

export type Answer = { status: number; body: any; headers: Record<string, any>; text: string };
export type Call = Omit<InjectOptions, 'method' | 'url'> & { token?: string | undefined; body?: unknown };

export type TestApp = {
  app: FastifyInstance;
  deps: Deps;
  url: string;
  mails: Mail[];
  /** The card processor that the application talks to. It tells nothing until `connectWebhooks` (support/payments.ts). */
  sandbox: Sandbox;
  /** Works off the jobs that are due: mails arrive in `mails`. */
  runJobs: () => Promise<void>;
  logs: () => string;
  statements: string[];
  call: (method: string, path: string, call?: Call) => Promise<Answer>;
};

/** The whole application on a database of its own. Every answer and event is checked against the OpenAPI document. */
export async function startTestApp(overrides: Record<string, string> = {}): Promise<TestApp> {
  const database = await createTestDatabase();
  const sandbox = await startSandbox();
  const config = testConfig(database.url, { STRIPE_API_URL: sandbox.url, ...overrides });
  const lines: string[] = [];
  const sink = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  const log = pino({ level: config.LOG_LEVEL, serializers: { err: describeError } }, sink);
  const mails: Mail[] = [];
  const statements: string[] = [];
  const mailer = { send: async (mail: Mail) => void mails.push(mail), close: () => {} };
  // No name is looked up outside: all are at one public address.
  const resolve = async () => [{ address: '93.184.215.14', family: 4 as const }];
  const allowLoopback = config.WEBHOOKS_ALLOW_LOOPBACK === 'on';
  const webhooks = createWebhooks({ allowLoopback, resolve, version: 'test' });
  const made = createDeps(config, log, (text) => statements.push(text));
  const chains = config.EVM_RPC_URL === undefined ? paperChain() : made.chains;
  const deps = { ...made, mailer, webhooks, chains };
  const app = await buildApp(deps, log);
  await app.ready();
  const checker = responseChecker(app);

  afterAll(async () => {
    // First: a delivery under way would hold its connection, and with it the end of the application.
    await sandbox.stop();
    const badEvents = await findBadEvents(app, database.url);
    await app.close();
    await deps.close();
    await database.drop();
    expect(checker.violations).toEqual([]);
    expect(badEvents).toEqual([]);
  });

  return {
    app,
    deps,
    url: database.url,
    sandbox,
    mails,
    runJobs: () => deps.jobs.drain(jobHandlers(deps)),
    logs: () => lines.join(''),
    statements,
    call: async (method, path, { token, body, headers, ...rest } = {}) => {
      const url = path.startsWith('/') ? path : `/api/v1/${path}`;
      const response = await app.inject({
        method: method as 'GET',
        url,
        headers: { ...(token && { authorization: `Bearer ${token}` }), ...headers },
        ...(body !== undefined && { payload: body as object }),
        ...rest,
      });
      const isJson = String(response.headers['content-type']).includes('json');
      const answer = {
        status: response.statusCode,
        body: isJson ? response.json() : null,
        headers: response.headers,
        text: response.body,
      };
      checker.check(method, url, answer);
      return answer;
    },
  };
}
