import { timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { invalid } from './errors.ts';
import type { Params } from './form.ts';
import { text } from './params.ts';

export type Keys = { secretKey: string; publishableKey: string };

/** Which of the two keys a call has, in its header or, as browsers send it, in the parameter `key`. */
export function keyOf(keys: Keys, { headers, params }: { headers: IncomingHttpHeaders; params: Params }) {
  const { secretKey, publishableKey } = keys;
  const given = fromHeader(headers.authorization) ?? text(params, 'key');
  if (given === undefined) {
    const message =
      "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').";
    throw invalid(message, { status: 401 });
  }
  if (isSame(given, secretKey)) return 'secret';
  if (isSame(given, publishableKey)) return 'publishable';
  throw invalid(`Invalid API Key provided: ${given.slice(0, 8)}${'*'.repeat(8)}${given.slice(-4)}`, { status: 401 });
}

function fromHeader(header: string | undefined): string | undefined {
  const [, scheme = '', value = ''] = /^(\w+) +(\S+)$/.exec(header ?? '') ?? [];
  if (scheme.toLowerCase() === 'bearer') return value;
  if (scheme.toLowerCase() !== 'basic') return undefined;
  return Buffer.from(value, 'base64').toString().split(':')[0];
}

function isSame(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}

export function secretKeyRequired() {
  const message =
    'This API call cannot be made with a publishable API key. Please use a secret API key. You can find a list of your API keys at https://dashboard.stripe.com/account/apikeys.';
  return invalid(message, { code: 'secret_key_required', status: 403 });
}

const BROWSER_FIELDS = [
  ...['id', 'object', 'amount', 'automatic_payment_methods', 'canceled_at', 'cancellation_reason', 'capture_method'],
  ...['client_secret', 'confirmation_method', 'created', 'currency', 'description', 'last_payment_error', 'livemode'],
  ...['last_setup_error', 'next_action', 'payment_method', 'payment_method_types', 'processing', 'receipt_email'],
  ...['setup_future_usage', 'shipping', 'source', 'status', 'usage'],
];

/** What a browser may see of an intent. */
export function forBrowser(object: object): object {
  const { object: kind } = object as { object?: string };
  if (kind !== 'payment_intent' && kind !== 'setup_intent') return object;
  return Object.fromEntries(Object.entries(object).filter(([name]) => BROWSER_FIELDS.includes(name)));
}
