import { isIP, type LookupFunction } from 'node:net';
import type { Agent } from 'undici';
import { isLoopbackAddress, isPublicAddress } from '../lib/public-addresses.ts';
import { remembering } from '../lib/remembering.ts';
import { exchange, failed, type WebhookAnswer, WebhookFailure } from './exchange-webhook.ts';
import type { Address, Resolve } from './resolve-host.ts';

const TIMEOUT_MS = 15_000;
const RESOLVE_MS = 3_000;

export type WebhookMessage = {
  url: string;
  id: string;
  at: Date;
  body: Buffer;
  secrets: readonly string[];
  /** The delivery that this one repeats, when somebody asked for that. */
  redeliveryOf?: string | null;
};
export type Webhooks = {
  /** Whether http, and receivers on this machine, are allowed: in development. */
  allowLoopback: boolean;
  /** Why nothing may be sent to the host, or null. */
  hostFault: (hostname: string) => Promise<string | null>;
  /** Signs by Standard Webhooks and sends. Throws only when it is aborted. */
  send: (message: WebhookMessage, signal: AbortSignal) => Promise<WebhookAnswer>;
  close: () => Promise<void>;
};
type Options = { allowLoopback: boolean; resolve: Resolve; version: string; timeoutMs?: number };

/**
 * Sends webhooks to public addresses only. An address is looked at where it is used: in the lookup of the connection, so
 * that a name that answers differently the next time gains nothing. Redirects are not followed.
 */
export function createWebhooks(options: Options): Webhooks {
  const { allowLoopback, version, timeoutMs = TIMEOUT_MS } = options;
  const isAllowed = (address: string) => isPublicAddress(address) || (allowLoopback && isLoopbackAddress(address));
  const addressesOf = checkedResolve(options.resolve, isAllowed);
  const fixed = ['content-type', 'application/json', 'user-agent', `TTConnect/${version}`];
  const targetOf = remembering((url) => {
    const { hostname, origin, pathname, search } = new URL(url);
    // No lookup is made for a literal.
    return { origin, path: pathname + search, isRefused: isIP(bare(hostname)) !== 0 && !isAllowed(bare(hostname)) };
  });
  // Loaded with the first message: most processes send none for a long time. What fails is tried again with the next.
  const client: Client = {};
  return {
    allowLoopback,
    hostFault: async (hostname) => {
      try {
        await within(RESOLVE_MS, addressesOf(bare(hostname)));
        return null;
      } catch (error) {
        const isRefused = error instanceof WebhookFailure && error.word === 'address_refused';
        return isRefused ? 'must be at a public address' : 'must be a name that can be resolved';
      }
    },
    send: async (message, signal) => {
      const { origin, path, isRefused } = targetOf(message.url);
      if (isRefused) return failed('address_refused');
      client.opened ??= await openOnce(client, addressesOf);
      const { agent, sign } = client.opened;
      const headers = fixed.concat(sign(message));
      const request = { origin, path, method: 'POST' as const, headers, body: message.body };
      return await exchange(agent, { request, signal, timeoutMs });
    },
    close: async () => {
      await (await client.opening)?.agent.destroy();
    },
  };
}

/** `sign`: headers, each a name and a value. */
type Opened = { agent: Agent; sign: (message: WebhookMessage) => string[] };
type Client = { opening?: Promise<Opened>; opened?: Opened };

function openOnce(client: Client, addressesOf: Resolve): Promise<Opened> {
  client.opening ??= open(addressesOf).catch((error) => {
    delete client.opening;
    throw error;
  });
  return client.opening;
}

async function open(addressesOf: Resolve): Promise<Opened> {
  const [{ Agent: UndiciAgent }, { Webhook }] = await Promise.all([import('undici'), import('standardwebhooks')]);
  const lookup: LookupFunction = (hostname, { all }, done) => {
    addressesOf(hostname).then(
      ([first, ...others]) => {
        if (all) done(null, [first as Address, ...others]);
        else done(null, (first as Address).address, (first as Address).family);
      },
      (error) => done(error, ''),
    );
  };
  // As many connections as messages are on their way: endpoints of several brands at one host do not wait for each other.
  // The time of an exchange is counted as a whole, not by the parts that the client could count.
  const parts = { headersTimeout: 0, bodyTimeout: 0 };
  const agent = new UndiciAgent({ connect: { lookup }, allowH2: false, keepAliveTimeout: 10_000, ...parts });
  const signerOf = remembering((secret) => new Webhook(secret));
  const sign = ({ id, at, body, secrets, redeliveryOf }: WebhookMessage) => {
    const timestamp = String(Math.floor(at.getTime() / 1000));
    const signature = secrets.map((secret) => signerOf(secret).sign(id, at, body)).join(' ');
    const signed = ['webhook-id', id, 'webhook-timestamp', timestamp, 'webhook-signature', signature];
    return redeliveryOf ? [...signed, 'ttconnect-redelivery-of', redeliveryOf] : signed;
  };
  return { agent, sign };
}

function checkedResolve(resolve: Resolve, isAllowed: (address: string) => boolean): Resolve {
  return async (hostname) => {
    const family = isIP(hostname);
    const found =
      family === 0 ? await resolve(hostname).catch(() => []) : [{ address: hostname, family: family as 4 | 6 }];
    if (found.length === 0) throw new WebhookFailure('dns');
    // One that is not public spoils them all: which of them is connected to is not ours to choose.
    if (!found.every(({ address }) => isAllowed(address))) throw new WebhookFailure('address_refused');
    return found;
  };
}

// The host of a URL has brackets around IPv6.
function bare(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '');
}

function within<Value>(ms: number, promise: Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new WebhookFailure('timeout')), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
