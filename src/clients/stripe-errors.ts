import type Stripe from 'stripe';
import { AppError, SERVICE_UNAVAILABLE } from '../lib/errors.ts';
import { CardRefused } from './card-payments.ts';

type StripeError = Stripe.errors.StripeError;

const REFUSED = [400, 402, 404];
/** Said with any status, and gone a moment later. */
const PASSING = ['rate_limit', 'lock_timeout', 'idempotency_key_in_use'];
const RETRY_AFTER_SECONDS = 5;
const KEYS = /\b(sk|rk|pk|whsec)_[\w*]+/g;

/** An error of the SDK in our words: refused for good, or unavailable. Any other error as it is. */
export function oursOf(error: unknown): unknown {
  if (!isStripeError(error)) return error;
  return isRefused(error) ? refused(error) : unavailable(error);
}

export function isStripeError(error: unknown): error is StripeError {
  return error instanceof Error && 'type' in error && String(error.type).startsWith('Stripe');
}

export function isRefused({ statusCode = 0, code = '' }: StripeError): boolean {
  // Not our key's fault: the account took its leave from the platform, or never was there.
  if (statusCode === 403) return code === 'account_invalid';
  return REFUSED.includes(statusCode) && !PASSING.includes(code);
}

function refused(error: StripeError): CardRefused {
  const { code, param, decline_code, rawType, message } = error;
  return new CardRefused({
    code: code ?? (rawType === 'idempotency_error' ? rawType : null),
    param: param ?? null,
    declineCode: decline_code || null,
    message: message.replace(KEYS, '…'),
  });
}

/** The message is left out: it may name the key. */
function unavailable({ type, statusCode, code, detail, requestId }: StripeError): AppError {
  const reason = detail instanceof Error && 'code' in detail ? detail.code : undefined;
  const cause = new Error([type, statusCode, code, reason, requestId].filter(Boolean).join(' '));
  return new AppError(SERVICE_UNAVAILABLE, { retryAfterSeconds: RETRY_AFTER_SECONDS }, { cause });
}
