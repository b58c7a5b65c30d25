import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type Stripe from 'stripe';
import type { Keyed, OnAccount } from './card-payments.ts';
import { oursOf } from './stripe-errors.ts';

export type StripeSettings = { secretKey: string; apiUrl: string | undefined };
/** Runs calls of the SDK; what they throw is in our words. */
export type Ask = <T>(run: (stripe: Stripe) => Promise<T>) => Promise<T>;

const API_VERSION = '2026-10-28.endive';
const TIMEOUT_MS = 15_000;
const AGENT = { keepAlive: true, maxSockets: 64 };

export function createAsk(settings: StripeSettings): Ask {
  let opened: Promise<Stripe> | undefined;
  return async (run) => {
    // Loaded with the first call: most processes never make one.
    opened ??= open(settings);
    const stripe = await opened.catch((error) => {
      opened = undefined;
      throw error;
    });
    try {
      return await run(stripe);
    } catch (error) {
      throw oursOf(error);
    }
  };
}

async function open({ secretKey, apiUrl }: StripeSettings): Promise<Stripe> {
  const { default: Client } = await import('stripe');
  return new Client(secretKey, {
    apiVersion: API_VERSION,
    timeout: TIMEOUT_MS,
    maxNetworkRetries: 1,
    telemetry: false,
    ...(apiUrl === undefined ? { httpAgent: new HttpsAgent(AGENT) } : addressOf(new URL(apiUrl))),
  });
}

function addressOf({ protocol, hostname, port }: URL): Stripe.StripeConfig {
  const isPlain = protocol === 'http:';
  return {
    protocol: isPlain ? 'http' : 'https',
    // A URL keeps the brackets of IPv6, which a socket does not take.
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port || (isPlain ? 80 : 443),
    httpAgent: isPlain ? new HttpAgent(AGENT) : new HttpsAgent(AGENT),
  };
}

export function optionsOf({ account, idempotencyKey }: OnAccount & Partial<Keyed>): Stripe.RequestOptions {
  return {
    ...(account !== null && { stripeAccount: account }),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
  };
}
