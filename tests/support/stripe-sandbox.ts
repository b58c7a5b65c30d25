import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import Stripe from 'stripe';
import { vi } from 'vitest';
import { type StripeSandbox, startStripeSandbox } from '#src/embedded/stripe-sandbox/start-stripe-sandbox.ts';
import { afterFile } from './after-file.ts';
import { tempDir } from './temp-dir.ts';

export const SECRET_KEY = 'sk_test_sandbox_0123456789';
export const PUBLISHABLE_KEY = 'pk_test_sandbox_0123456789';
export const WEBHOOK_SECRET = 'whsec_sandbox_0123456789';

export type Received = { event: Stripe.Event; headers: IncomingHttpHeaders; body: string };
export type Sandbox = StripeSandbox & {
  stripe: Stripe;
  dir: string;
  /** What a browser does: with the publishable key, and form encoding. */
  browser: (path: string, fields?: Record<string, string>, method?: string) => Promise<{ status: number; body: any }>;
  /** A control endpoint. */
  call: (path: string, body?: unknown) => Promise<any>;
};

export function sdkFor(url: string, options: Partial<Stripe.StripeConfig> = {}): Stripe {
  const { hostname, port } = new URL(url);
  const config = {
    host: hostname,
    port,
    protocol: 'http',
    maxNetworkRetries: 0,
    telemetry: false,
    ...options,
  } as const;
  return new Stripe(SECRET_KEY, config);
}

export async function startSandbox({
  dir = tempDir(),
  webhookUrl,
}: {
  dir?: string;
  webhookUrl?: string;
} = {}): Promise<Sandbox> {
  const keys = { secretKey: SECRET_KEY, publishableKey: PUBLISHABLE_KEY, webhookSecret: WEBHOOK_SECRET };
  const sandbox = await startStripeSandbox({ dir, ...keys, ...(webhookUrl && { webhookUrl }) });
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= sandbox.stop();
    return stopping;
  };
  afterFile(stop);
  return {
    ...sandbox,
    stop,
    dir,
    stripe: sdkFor(sandbox.url),
    browser: browserOf(sandbox.url),
    call: callerOf(sandbox.url),
  };
}

function browserOf(url: string): Sandbox['browser'] {
  return async (path, fields = {}, method = 'POST') => {
    const form = new URLSearchParams(fields).toString();
    const answer = await fetch(method === 'GET' ? `${url}${path}?${form}` : `${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${PUBLISHABLE_KEY}`,
        'content-type': 'application/x-www-form-urlencoded',
        origin: 'http://shop.example',
      },
      ...(method === 'GET' ? {} : { body: form }),
    });
    return { status: answer.status, body: await answer.json() };
  };
}

function callerOf(url: string): Sandbox['call'] {
  return async (path, body) => {
    const answer = await fetch(`${url}/_sandbox/${path}`, {
      ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
      headers: { 'content-type': 'application/json' },
    });
    return answer.json();
  };
}

/** A real receiver: it verifies with the SDK, and answers with the statuses that are in `answers` first, then 200. */
export async function startReceiver() {
  const received: Received[] = [];
  const answers: number[] = [];
  const refused: string[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    const status = answers.shift() ?? 200;
    try {
      const event = Stripe.webhooks.constructEvent(body, String(request.headers['stripe-signature']), WEBHOOK_SECRET);
      if (status === 200) received.push({ event, headers: request.headers, body });
      else refused.push(event.id);
      response.statusCode = status;
    } catch {
      response.statusCode = 400;
    }
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterFile(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  const types = () => received.map(({ event }) => event.type as string);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhook`,
    received,
    refused,
    answers,
    types,
    /** Waits until the types have come. */
    until: (wanted: string) =>
      vi.waitFor(
        () => {
          if (!types().includes(wanted)) throw new Error(`no ${wanted} among ${types().join(', ')}`);
        },
        { timeout: 10_000, interval: 20 },
      ),
  };
}

/** The error of a call that must fail. */
export async function failureOf(promise: Promise<unknown>): Promise<Stripe.errors.StripeError> {
  return promise.then(
    () => {
      throw new Error('it did not fail');
    },
    (error) => error,
  );
}
